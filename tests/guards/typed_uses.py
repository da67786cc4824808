"""Uses of the library whose types are checked, by mypy and by pyright, and never run: see `test_typing`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from dataclasses import dataclass
from typing import Any, assert_type
from uuid import UUID

from guards import (
    AsyncAdoptingLedger,
    AsyncLedger,
    Ledger,
    Outcome,
    current_async_guard,
    current_guard,
    outcome_of,
    pre_dispatch_guard,
    reason_of,
)
from guards.memory import MemoryLedger


@dataclass
class Row:
    id: UUID


class Reply:
    pass


def create(token: str, *, files: int = 0) -> Row:
    raise NotImplementedError


async def create_async(token: str) -> Row:
    raise NotImplementedError


def enqueue(run: UUID, priority: int = 0) -> str:
    raise NotImplementedError


async def enqueue_async(run: UUID) -> str:
    raise NotImplementedError


def delete(prefix: str, *, recursive: bool) -> int:
    raise NotImplementedError


def blocks(ledger: Ledger[UUID]) -> None:
    with pre_dispatch_guard(ledger) as guard:
        assert_type(guard.open(create, guard.token, files=2), Row)
        guard.on_failure(delete, "in/", recursive=True)
        assert_type(guard.run, UUID | None)
        assert_type(guard.dispatch(enqueue, UUID(int=1), priority=3), str | None)
        assert_type(guard.dispatch(enqueue, UUID(int=1), refused=(OSError,)), str | None)
        assert_type(guard.outcome, Outcome | None)


async def asynchronous_blocks(ledger: Ledger[UUID], awaited: AsyncLedger[UUID]) -> None:
    async with pre_dispatch_guard(ledger) as guard:
        assert_type(await guard.open(create_async, guard.token), Row)
        assert_type(await guard.open(create, guard.token), Row)
        assert_type(await guard.dispatch(enqueue_async, UUID(int=1)), str | None)
    async with pre_dispatch_guard(awaited) as guard:
        assert_type(await guard.dispatch(enqueue_async, UUID(int=1), accepted=(OSError,)), str | None)


MEMORY = MemoryLedger[UUID]()


def answer(outcome: Outcome) -> Reply:
    raise NotImplementedError


@pre_dispatch_guard(ledger=MEMORY, execution_id="run")
def function(run: UUID, /, *files: str, tag: str = "") -> int:
    current_guard().dispatch(enqueue, run)
    return 1


@pre_dispatch_guard(ledger=MEMORY, execution_id="run", on_error=answer)
def answering(run: UUID) -> int:
    return 1


@pre_dispatch_guard(MEMORY)
async def coroutine(name: str) -> bytes:
    await current_async_guard().dispatch(enqueue_async, UUID(int=1))
    return b""


@pre_dispatch_guard(MEMORY, on_error=answer)
async def answering_coroutine(name: str) -> bytes:
    return b""


@pre_dispatch_guard(MEMORY)
def generator(name: str) -> Generator[int, str, bytes]:
    yield 1
    return b""


@pre_dispatch_guard(MEMORY, on_error=answer)
async def async_generator(name: str) -> AsyncGenerator[int, None]:
    yield 1


class Service:
    @pre_dispatch_guard(MEMORY, execution_id=lambda _self, run: run)
    def submit(self, run: UUID) -> int:
        return 1


async def decorated() -> None:
    assert_type(function(UUID(int=1), "a", "b", tag="c"), int)
    assert_type(answering(UUID(int=1)), int | Reply)
    assert_type(await coroutine("x"), bytes)
    assert_type(await answering_coroutine("x"), bytes | Reply)
    assert_type(generator("x"), Generator[int, str, bytes | None])
    assert_type(async_generator("x"), AsyncGenerator[int | Reply, None])
    assert_type(Service().submit(UUID(int=1)), int)
    takes_callables(Service().submit, coroutine)


def takes_callables(plain: Callable[[UUID], int], awaitable: Callable[[str], Coroutine[Any, Any, bytes]]) -> None: ...


def asynchronous_ledger_adopts(ledger: AsyncAdoptingLedger[UUID]) -> None:
    @pre_dispatch_guard(ledger, execution_id="run")
    async def submit(run: UUID) -> None: ...


def outcomes(error: Exception) -> None:
    outcome = outcome_of(error)
    if outcome is not None:
        assert_type(outcome.failed, bool)
    assert_type(reason_of(error), str)

"""The guard as a decorator: rows that exist already, answers to failures, and signatures that stay."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

import pytest

from guards import (
    Guard,
    GuardMisuse,
    Mark,
    NotAdopted,
    Outcome,
    current_async_guard,
    current_guard,
    outcome_of,
    pre_dispatch_guard,
)
from guards.memory import MemoryLedger, State
from tests.guards.runs import Broken, Ground, raising
from tests.guards.subjects import Async


def told(outcome: Outcome) -> str:
    return f"run {outcome.run}: {outcome.reason}"


def test_each_call_has_a_fresh_guard(ground: Ground) -> None:
    seen: list[Guard[Any]] = []

    @pre_dispatch_guard(ground.ledger)
    def submit(run: int) -> None:
        guard = current_guard()
        seen.append(guard)
        guard.open(ground.create, guard.token, run)
        guard.dispatch(ground.enqueue, run)

    submit(1)
    submit(run=2)
    assert ground.queue == [1, 2]
    assert seen[0].token != seen[1].token


def test_calls_may_be_nested_in_themselves(ground: Ground) -> None:
    @pre_dispatch_guard(ground.ledger)
    def submit(run: int) -> None:
        guard = current_guard()
        guard.open(ground.create, guard.token, run)
        if run < 3:
            submit(run + 1)
        guard.dispatch(ground.enqueue, run)

    submit(1)
    assert ground.queue == [3, 2, 1]


@pytest.mark.parametrize("execution_id", ["run", lambda *_, run=1: run])
@pytest.mark.parametrize("call", [lambda f: f("files", run=1), lambda f: f("files")])
def test_a_row_that_exists_already_is_guarded(ground: Ground, execution_id: Any, call: Callable[[Any], None]) -> None:
    ground.ledger.add(1, None)

    @pre_dispatch_guard(ground.ledger, execution_id=execution_id)
    def submit(files: str, run: int = 1) -> None:
        current_guard().on_failure(ground.undone.append, files)
        raise OSError("403")

    with pytest.raises(OSError) as caught:
        call(submit)
    assert (ground.state, ground.row.reason, ground.undone) == (State.FAILED, "OSError: 403", ["files"])
    found = outcome_of(caught.value)
    assert found is not None
    assert found.run == 1


@pytest.mark.parametrize("owner", ["of another guard", None])
def test_a_row_that_is_someone_elses_or_decided_is_not_touched(ground: Ground, owner: str | None) -> None:
    ground.ledger.add(1, owner)
    if owner is None:
        ground.ledger.stop(1)
    before = ground.state

    @pre_dispatch_guard(ground.ledger, execution_id="run", on_error=told)
    def submit(run: int) -> str:
        pytest.fail("the body ran")

    with pytest.raises(NotAdopted) as caught:
        submit(1)
    assert ground.state is before
    assert outcome_of(caught.value) is None


def test_with_on_error_a_failed_step_does_not_raise_but_answers(ground: Ground) -> None:
    @pre_dispatch_guard(ground.ledger, on_error=told)
    def submit() -> str:
        guard = current_guard()
        guard.open(ground.create, guard.token)
        raise OSError("403")

    assert submit() == "run 1: OSError: 403"
    assert ground.state is State.FAILED


def test_on_error_makes_no_answer_where_there_is_no_failed_run(ground: Ground) -> None:
    """Before the row, after the dispatch, and when the process is to end, the error is raised."""

    @pre_dispatch_guard(ground.ledger, on_error=told)
    def submit(create: Callable[..., Any], step: Callable[..., Any], after: Callable[..., Any]) -> str:
        guard = current_guard()
        guard.open(create, guard.token)
        step()
        guard.dispatch(ground.enqueue, 1)
        after()
        return "accepted"

    with pytest.raises(ValueError):
        submit(raising(ValueError("no slot")), bool, bool)
    with pytest.raises(KeyboardInterrupt):
        submit(ground.create, raising(KeyboardInterrupt()), bool)
    ground.ledger.rows.clear()
    with pytest.raises(OSError, match="after"):
        submit(ground.create, bool, raising(OSError("after")))
    assert ground.state is State.SEALED
    ground.ledger.rows.clear()
    assert submit(ground.create, bool, bool) == "accepted"


def test_on_error_is_told_when_nobody_knows_how_the_run_stands(ground: Ground) -> None:
    ledger = Broken("seal", "standing", after=True)
    told_of: list[Outcome] = []

    @pre_dispatch_guard(ledger, on_error=told_of.append)
    def submit() -> None:
        guard = current_guard()
        ledger.add(1, guard.token)
        guard.open(lambda: type("Row", (), {"id": 1}))
        guard.dispatch(ground.enqueue, 1)

    submit()
    assert [(outcome.mark, outcome.failed) for outcome in told_of] == [(Mark.UNKNOWN, False)]


@pytest.mark.parametrize("ledger_of", [lambda ledger: ledger, None], ids=["plain", "async"])
def test_a_coroutine_is_guarded_while_it_runs(ground: Ground, ledger_of: Any) -> None:
    class Adopting(Async):
        async def adopt(self, run: int, token: str) -> bool:
            return ground.ledger.adopt(run, token)

    ground.ledger.add(1, None)
    ledger: Any = ledger_of(ground.ledger) if ledger_of else Adopting(ground.ledger)

    @pre_dispatch_guard(ledger, execution_id="run", on_error=told)
    async def submit(run: int) -> str:
        await asyncio.sleep(0)
        current_async_guard().on_failure(ground.undone.append, "files")
        raise OSError("403")

    assert asyncio.run(submit(1)) == "run 1: OSError: 403"
    assert (ground.state, ground.undone) == (State.FAILED, ["files"])


def test_a_method_finds_its_object_and_a_subclass_overrides_it(ground: Ground) -> None:
    class Service:
        def __init__(self, run: int) -> None:
            self.run = run

        @pre_dispatch_guard(ground.ledger, execution_id=lambda self: self.run)
        def submit(self) -> int:
            current_guard().dispatch(ground.enqueue, self.run)
            return self.run

        @classmethod
        @pre_dispatch_guard(ground.ledger, execution_id="run")
        def start(cls, run: int) -> str:
            current_guard().dispatch(ground.enqueue, run)
            return cls.__name__

        @staticmethod
        @pre_dispatch_guard(ground.ledger, execution_id="run")
        def fire(run: int) -> None:
            current_guard().dispatch(ground.enqueue, run)

    class Derived(Service):
        def submit(self) -> int:
            return super().submit() + 100

    for run in (1, 2, 3):
        ground.ledger.add(run, None)
    assert Derived(1).submit() == 101
    assert Derived.start(2) == "Derived"
    Service.fire(3)
    assert ground.queue == [1, 2, 3]


def test_a_partial_and_a_callable_object_can_be_decorated(ground: Ground) -> None:
    class Submit:
        async def __call__(self, run: int) -> str:
            await current_async_guard().dispatch(ground.enqueue, run)
            return "object"

    def submit(answer: str, run: int) -> str:
        current_guard().dispatch(ground.enqueue, run)
        return answer

    for run in (1, 2):
        ground.ledger.add(run, None)
    guarded = pre_dispatch_guard(ground.ledger, execution_id="run")
    assert asyncio.run(guarded(Submit())(1)) == "object"
    assert guarded(functools.partial(submit, "partial"))(run=2) == "partial"
    assert ground.queue == [1, 2]


@pytest.mark.parametrize("wrapped", [staticmethod(raising), classmethod(print), property(print), Ground])
def test_what_is_not_a_function_is_refused(ground: Ground, wrapped: Any) -> None:
    with pytest.raises(GuardMisuse, match="put the guard below"):
        pre_dispatch_guard(ground.ledger)(wrapped)


def test_an_argument_that_is_not_there_is_found_when_decorating(ground: Ground) -> None:
    with pytest.raises(GuardMisuse, match="no argument 'run'"):
        pre_dispatch_guard(ground.ledger, execution_id="run")(raising)


def test_a_ledger_that_cannot_adopt_is_found_when_decorating() -> None:
    ledger: Any = Async(MemoryLedger[int]())
    with pytest.raises(GuardMisuse, match="AdoptingLedger"):
        pre_dispatch_guard(ledger, execution_id="run")


def test_the_signature_the_name_and_the_kind_stay(ground: Ground) -> None:
    def function(a: int, /, *, b: str = "") -> float:
        """Its docstring."""
        raise NotImplementedError

    async def coroutine(a: int) -> None: ...

    def generator(a: int) -> Generator[int, None, None]:
        yield a

    async def async_generator(a: int) -> AsyncGenerator[int, None]:
        yield a

    kinds = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
    for fn in (function, coroutine, generator, async_generator):
        guarded: Any = pre_dispatch_guard(ground.ledger)(fn)
        assert inspect.signature(guarded) == inspect.signature(fn)
        assert (guarded.__name__, guarded.__doc__, guarded.__wrapped__) == (fn.__name__, fn.__doc__, fn)
        assert [kind(guarded) for kind in kinds] == [kind(fn) for kind in kinds]

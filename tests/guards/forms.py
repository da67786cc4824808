"""The forms in which one can write a guarded piece of code, each able to play the same scenario.

A scenario is: open the row, register two undo actions, do a step, dispatch, do something after that.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from guards import AsyncGuard, Guard, current_async_guard, current_guard, pre_dispatch_guard
from tests.guards.runs import Ground


def nothing() -> None:
    """A step that does nothing."""


@dataclass
class Scenario:
    """What happens in the block. `create` and `enqueue` are the ground's unless said otherwise."""

    create: Callable[..., Any] | None = None
    step: Callable[[], object] = nothing
    enqueue: Callable[..., Any] | None = None
    after: Callable[[], object] = nothing
    dispatches: bool = True
    options: dict[str, Any] = field(default_factory=dict)


@dataclass
class Report:
    """What one sees from outside: the guard, the result of the dispatch, and the error that came out."""

    guard: Any = None
    result: Any = None
    error: BaseException | None = None


def play(guard: Guard[int], ground: Ground, scenario: Scenario, report: Report) -> None:
    report.guard = guard
    guard.open(scenario.create or ground.create, guard.token)
    guard.on_failure(ground.undone.append, "first")
    guard.on_failure(ground.undone.append, "second")
    scenario.step()
    if scenario.dispatches:
        report.result = guard.dispatch(scenario.enqueue or ground.enqueue, 1, **scenario.options)
    scenario.after()


async def play_async(guard: AsyncGuard[int], ground: Ground, scenario: Scenario, report: Report) -> None:
    async def create(token: str) -> Any:
        await asyncio.sleep(0)
        return (scenario.create or ground.create)(token)

    async def enqueue(run: int) -> Any:
        await asyncio.sleep(0)
        return (scenario.enqueue or ground.enqueue)(run)

    async def undo(what: str) -> None:
        await asyncio.sleep(0)
        ground.undone.append(what)

    report.guard = guard
    await guard.open(create, guard.token)
    guard.on_failure(undo, "first")
    guard.on_failure(undo, "second")
    scenario.step()
    if scenario.dispatches:
        report.result = await guard.dispatch(enqueue, 1, **scenario.options)
    scenario.after()


def with_block(ground: Ground, scenario: Scenario, report: Report) -> None:
    with pre_dispatch_guard(ground.ledger) as guard:
        play(guard, ground, scenario, report)


def function(ground: Ground, scenario: Scenario, report: Report) -> None:
    @pre_dispatch_guard(ground.ledger)
    def submit(play_it: Callable[..., None]) -> None:
        play_it(current_guard(), ground, scenario, report)

    submit(play)


def method(ground: Ground, scenario: Scenario, report: Report) -> None:
    class Service:
        @pre_dispatch_guard(ground.ledger)
        def submit(self, played: Scenario) -> None:
            assert type(self) is Service
            play(current_guard(), ground, played, report)

    Service().submit(scenario)


def generator(ground: Ground, scenario: Scenario, report: Report) -> None:
    @pre_dispatch_guard(ground.ledger)
    def submit() -> Generator[str, None, None]:
        yield "begun"
        play(current_guard(), ground, scenario, report)
        yield "done"

    assert list(submit()) == ["begun", "done"]


def async_with_block(ground: Ground, scenario: Scenario, report: Report) -> None:
    async def submit() -> None:
        async with pre_dispatch_guard(ground.ledger) as guard:
            await play_async(guard, ground, scenario, report)

    asyncio.run(submit())


def coroutine(ground: Ground, scenario: Scenario, report: Report) -> None:
    @pre_dispatch_guard(ground.ledger)
    async def submit() -> None:
        await play_async(current_async_guard(), ground, scenario, report)

    asyncio.run(submit())


def async_generator(ground: Ground, scenario: Scenario, report: Report) -> None:
    @pre_dispatch_guard(ground.ledger)
    async def submit() -> AsyncGenerator[str, None]:
        yield "begun"
        await play_async(current_async_guard(), ground, scenario, report)
        yield "done"

    async def consume() -> list[str]:
        return [item async for item in submit()]

    assert asyncio.run(consume()) == ["begun", "done"]


Form = Callable[[Ground, Scenario, Report], None]
PLAIN: list[Form] = [with_block, function, method, generator]
ASYNC: list[Form] = [async_with_block, coroutine, async_generator]


def report_of(form: Form, ground: Ground, scenario: Scenario, report: Report | None = None) -> Report:
    """Play it, and catch what comes out. The steps can look at a `report` that they were made with."""
    report = report or Report()
    try:
        form(ground, scenario, report)
    except BaseException as error:
        report.error = error
    return report

"""A guard that several threads use at once: staging in parallel, and no step done twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from guards import AlreadyDispatched, AlreadyEnded, AlreadyOpened, GuardMisuse, pre_dispatch_guard
from guards.memory import State
from tests.guards.runs import Ground

THREADS = 8


def at_once(work: Callable[[int], object]) -> list[object]:
    """Call `work` in all threads at once; what each returned or raised as a misuse."""
    line = threading.Barrier(THREADS)

    def run(number: int) -> object:
        line.wait(10)
        try:
            return work(number)
        except GuardMisuse as misuse:
            return type(misuse)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def test_steps_in_threads_are_all_undone(ground: Ground) -> None:
    with pytest.raises(OSError), pre_dispatch_guard(ground.ledger) as guard:
        guard.open(ground.create, guard.token)
        at_once(lambda number: guard.on_failure(ground.undone.append, str(number)))
        raise OSError
    assert sorted(ground.undone) == [str(number) for number in range(THREADS)]


def test_of_threads_that_open_one_does(ground: Ground) -> None:
    with pre_dispatch_guard(ground.ledger) as guard:
        opened = at_once(lambda number: guard.open(ground.create, guard.token, number))
        assert opened.count(AlreadyOpened) == THREADS - 1
        guard.dispatch(ground.enqueue, 1)
    assert len(ground.ledger.rows) == 1


def test_of_threads_that_dispatch_one_does(ground: Ground) -> None:
    with pre_dispatch_guard(ground.ledger) as guard:
        guard.open(ground.create, guard.token)
        dispatched = at_once(lambda _: guard.dispatch(ground.enqueue, 1))
    assert dispatched.count(AlreadyDispatched) == THREADS - 1
    assert (ground.queue, ground.state) == ([1], State.SEALED)


def test_a_step_that_comes_too_late_is_told_and_none_is_forgotten(ground: Ground) -> None:
    """Threads go on staging while the block fails: each step is either undone, or its thread hears of the end."""
    told: list[str] = []
    going = threading.Event()

    def stage(number: int) -> None:
        for step in range(10_000):
            going.set()
            name = f"{number}-{step}"
            try:
                guard.on_failure(ground.undone.append, name)
            except AlreadyEnded:
                told.append(name)
                return
            staged.append(name)

    staged: list[str] = []
    threads = [threading.Thread(target=stage, args=(number,)) for number in range(THREADS)]
    with pytest.raises(OSError), pre_dispatch_guard(ground.ledger) as guard:
        guard.open(ground.create, guard.token)
        for thread in threads:
            thread.start()
        going.wait(10)
        raise OSError
    for thread in threads:
        thread.join()
    assert set(staged) <= set(ground.undone)
    assert not set(told) & set(ground.undone)
    assert told

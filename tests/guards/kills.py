"""SIGKILL before each bytecode of the guard: what the reconciler of `docs/guard.md` makes of what is left.

Each point is a process of its own. When all are dead, the reconciler passes once and every run is looked at; then the
workers empty the queue.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.guards.killed_runs import SCENARIOS, FiledRuns, submit
from tests.guards.striking import Place, Striker, every_bytecode


def kill_everywhere(folder: Path, every: int) -> Iterator[tuple[str, int]]:
    """Kill before every n-th bytecode of each scenario; its name, and how many points it had.

    Raises `AssertionError` for a run that does not come to its end.
    """
    runs, killed = FiledRuns(folder), list[str]()
    for name in SCENARIOS:
        before = len(killed)
        killed += _kill(runs, name, every)
        yield name, len(killed) - before
    runs.rescue()
    wrong = [f"{run}: {what}" for run in killed if (what := runs.what_is_wrong_with(run))]
    assert not wrong, "\n".join(wrong)
    queued = runs.run("SELECT id FROM runs WHERE status = 'QUEUED' ORDER BY id")
    assert sorted(runs.work()) == [row.id for row in queued]


def _kill(runs: FiledRuns, scenario: str, every: int) -> Iterator[str]:
    """The runs that were killed, named after where that was."""
    places = every_bytecode(lambda: submit(runs, scenario, SCENARIOS[scenario]))
    for place in places[::every]:
        run = f"{scenario}, {Path(place[0]).name}:{place[1]}+{place[2]}"
        assert _dies(place, partial(submit, runs, run, SCENARIOS[scenario])), f"never came to {run}"
        yield run


def _dies(place: Place, play: Callable[[], None]) -> bool:
    """Play it in a process of its own, which is killed at `place`; False if it never came there."""
    child = os.fork()
    if child == 0:
        with Striker(place, lambda: os.kill(os.getpid(), signal.SIGKILL)):
            play()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == -signal.SIGKILL

"""The reconciler's loops: a pass, a pause, and so on until told to stop; beside it a loop for each chore.

It is not a job in the queue that it watches, so it cannot get stuck behind what it should repair (fault C5).
"""

from __future__ import annotations

import queue
import signal
import threading
from collections.abc import Callable

import structlog

from deployment.causes import cause_of
from deployment.parts import Parts
from deployment.reconcile import CHORES, Chore, rescue, tend
from jobs import dead_mans_switch
from jobs.dead_mans_switch import Switch

log = structlog.get_logger()

PASS_SECONDS = 60.0
"""A pass that takes longer hangs: the process dies and is started anew."""

Pause = Callable[[float], bool]
"""Wait for so many seconds; True at once when told to stop."""


def reconcile_until_told_to_stop(parts: Parts) -> None:
    """Run in the main thread of a process that never forks: SIGTERM and SIGINT end it after the pass that it is in."""
    _start_chores(parts, threading.Event())
    rescue_until(parts, _signalled(), dead_mans_switch.arm)


def rescue_until(parts: Parts, pause: Pause, switch: Switch = dead_mans_switch.unarmed) -> None:
    """A pass each `reconcile_interval` until `pause` says stop. A pass that fails is logged; the next starts anew."""
    while True:
        switch(PASS_SECONDS)
        try:
            rescue(parts)
        except Exception as error:
            log.error("reconcile_failed", error=cause_of(error))
        switch(0)
        if pause(parts.policy.reconcile_interval.total_seconds()):
            return


def tend_until(parts: Parts, chore: Chore, pause: Pause) -> None:
    """Rounds of one chore until `pause` says stop; the next one at once while there is something that can be done."""
    while True:
        done = 0
        try:
            done = tend(parts, chore)
        except Exception as error:
            log.error("chore_failed", chore=chore.name, error=cause_of(error))
        if pause(0 if done else parts.policy.reconcile_interval.total_seconds()):
            return


def start_in_background(parts: Parts, stop: threading.Event | None = None) -> None:
    """The same in daemon threads: how web processes reconcile, so that it lives while anything lives."""
    stop = stop or threading.Event()
    _start("reconciler", rescue_until, parts, stop.wait)
    _start_chores(parts, stop)


def _start_chores(parts: Parts, stop: threading.Event) -> None:
    for chore in CHORES:
        _start(f"chore-{chore.name}", tend_until, parts, chore, stop.wait)


def _start(name: str, target: Callable[..., None], *args: object) -> None:
    threading.Thread(target=target, args=args, name=name, daemon=True).start()


def _signalled() -> Pause:
    """A pause that a signal ends. An `Event` would not do: set in a handler, it may wait for its own lock."""
    signals: queue.SimpleQueue[int] = queue.SimpleQueue()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda number, _frame: signals.put(number))

    def pause(seconds: float) -> bool:
        try:
            return bool(signals.get(timeout=seconds))
        except queue.Empty:
            return False

    return pause

"""The reconciler's own process: a pass, a pause, and so on until it is told to stop.

It is not a job in the queue that it watches, so it cannot get stuck behind what it should repair (fault C5).
"""

from __future__ import annotations

import signal
import threading
from typing import Any

import structlog

from deployment.parts import Parts
from deployment.reconcile import reconcile

log = structlog.get_logger()


def reconcile_until_told_to_stop(parts: Parts) -> None:
    """Run in the main thread of a process: SIGTERM and SIGINT end it after the pass that it is in."""
    stop = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stop.set())
    reconcile_until(parts, stop)


def reconcile_until(parts: Parts, stop: threading.Event) -> None:
    """A pass each `reconcile_interval`, until `stop` is set. A pass that fails is logged; the next one starts anew."""
    while not stop.is_set():
        try:
            reconcile(parts)
        except Exception as error:
            log.error("reconcile_failed", error=f"{type(error).__name__}: {error}")
        stop.wait(parts.policy.reconcile_interval.total_seconds())


def start_in_background(parts: Parts, stop: Any = None) -> threading.Thread:
    """The same in a daemon thread: how web processes reconcile, so that it lives while anything lives."""
    target, args = reconcile_until, (parts, stop or threading.Event())
    thread = threading.Thread(target=target, args=args, name="reconciler", daemon=True)
    thread.start()
    return thread

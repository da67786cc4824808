"""What a guard tells while it works: one event for each thing that happened, to whoever subscribed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

log = logging.getLogger("pre_dispatch_guard")


class Happening(StrEnum):
    """What happened."""

    OPENED = "opened"
    STEP_FAILED = "step_failed"
    MARKED = "marked"
    MARKING_FAILED = "marking_failed"
    LOST_RACE = "lost_race"
    UNDECIDED = "undecided"
    UNDO_FAILED = "undo_failed"
    SEALED = "sealed"
    DISPATCHED = "dispatched"


@dataclass(frozen=True, slots=True)
class Event:
    """One happening. `reason` is redacted; `error` is the exception itself, which is not."""

    what: Happening
    run: Any
    token: str
    reason: str = ""
    action: str = ""
    """The undo action, where one failed."""
    error: BaseException | None = None


class Subscriber(Protocol):
    """Anything that takes an event. It is called in the guard's thread, between two steps: it should be quick."""

    def __call__(self, event: Event, /) -> None: ...


_LEVELS = {
    **dict.fromkeys(Happening, logging.WARNING),
    Happening.OPENED: logging.DEBUG,
    Happening.SEALED: logging.DEBUG,
    Happening.DISPATCHED: logging.DEBUG,
    Happening.MARKING_FAILED: logging.ERROR,
    Happening.UNDECIDED: logging.ERROR,
    Happening.UNDO_FAILED: logging.ERROR,
}


def log_event(event: Event, /) -> None:
    """The default subscriber: a line in the log `pre_dispatch_guard`, DEBUG for what goes well."""
    level = _LEVELS[event.what]
    if log.isEnabledFor(level):
        detail = " ".join(part for part in (event.action, event.reason) if part)
        log.log(level, "%s run=%s%s", event.what, event.run, f": {detail}" if detail else "")


_LOG_ALONE: tuple[Subscriber, ...] = (log_event,)
_subscribers = _LOG_ALONE


def subscribe(subscriber: Subscriber) -> Callable[[], None]:
    """Send every event of every guard to `subscriber`, from now on; call what is returned to end that."""
    global _subscribers
    _subscribers = (*_subscribers, subscriber)
    return lambda: unsubscribe(subscriber)


def unsubscribe(subscriber: Subscriber) -> None:
    """Send it nothing any more. `unsubscribe(log_event)` silences the log."""
    global _subscribers
    _subscribers = tuple(other for other in _subscribers if other is not subscriber)


def heard(what: Happening) -> bool:
    """Whether anybody would learn of it: to ask costs a tenth of making the event."""
    if _subscribers == _LOG_ALONE:
        return log.isEnabledFor(_LEVELS[what])
    return bool(_subscribers)


def publish(event: Event) -> None:
    """Tell all subscribers; one that raises is logged, and changes nothing for the run."""
    for subscriber in _subscribers:
        try:
            subscriber(event)
        except Exception:
            log.exception("a subscriber failed on %s", event.what)

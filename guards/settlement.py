"""Settling a failed step: who decides the run, then undo what is ours. The rows of the guard's table are here.

It may be cut off at any point by an exception from outside, and be run again: it then goes on where it was.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from .course import Course, Decision
from .events import Happening
from .ledger import Standing
from .outcome import Mark, attach, note
from .phases import Phase
from .reasons import reason_of
from .steps import Steps
from .undo import Undo

TRIES = 2
"""How often the ledger is called: the second time tells a lost reply from a ledger that is away."""

AFTER_DISPATCH = Decision(Mark.NONE, undo=False, dispatched=True)
UNDECIDED = Decision(Mark.UNKNOWN, undo=False)


def settle(course: Course, error: BaseException) -> Steps[None]:
    """Decide, undo, and let `error` carry the outcome. Afterwards the guard has ended."""
    if course.phase is Phase.DISPATCHED:
        _pass_by(course, error)
    elif course.phase is not Phase.ENDED:
        yield from _settle(course, error)
    attach(error, course.outcome, course.serial)


def raised_instead(course: Course, error: BaseException) -> BaseException | None:
    """The exit that came while `error` was settled, which must not be lost behind an ordinary one."""
    interrupt = course.interrupt
    if interrupt is None or interrupt is error or not isinstance(error, Exception):
        return None
    attach(interrupt, course.outcome, course.serial)
    return interrupt


def _settle(course: Course, error: BaseException) -> Steps[None]:
    course.settling = True
    if not course.reason:
        course.reason = reason_of(error)
        if course.run is not None:
            course.publish(Happening.STEP_FAILED, reason=course.reason, error=error)
    if course.decision is None:
        course.decision = yield from _decide(course, error)
    if course.decision.undo:
        yield from _undo_all(course)
    _conclude(course, course.decision, error)


def _pass_by(course: Course, error: BaseException) -> None:
    """What fails after the dispatch is not the run's failure; the error only tells that the run goes on."""
    course.reason = reason_of(error)
    course.outcome = course.outcome_of(AFTER_DISPATCH)
    course.phase = Phase.ENDED


def _conclude(course: Course, decision: Decision, error: BaseException) -> None:
    if course.run is not None:
        course.outcome = course.outcome_of(decision)
    for failure in course.undo.failures:
        note(error, f"undo failed: {failure.action}: {failure.reason}")
    if course.interrupt is not None and course.interrupt is not error:
        note(error, f"interrupted while it was settled: {reason_of(course.interrupt)}")
    course.phase = Phase.ENDED


def _decide(course: Course, error: BaseException) -> Steps[Decision]:
    match course.phase:
        case _ if course.run is None:
            return Decision(Mark.NONE, undo=True)
        case Phase.SEALING:
            decision = yield from _decide_sealing(course, error)
        case Phase.SEALED:
            decision = yield from _decide_sealed(course, error)
        case _:
            decision = yield from _decide_open(course, error)
    _tell(course, decision)
    return decision


def _decide_open(course: Course, error: BaseException) -> Steps[Decision]:
    """Nothing has been dispatched, and never will be without us: undo, however the marking goes."""
    won = yield from _mark(course, error, sealed=False)
    mark = Mark.FAILED if won is None else Mark.MADE if won else Mark.LOST
    return Decision(mark, undo=True)


def _decide_sealed(course: Course, error: BaseException) -> Steps[Decision]:
    """The work may be in the queue: only who wins the row from the workers may undo."""
    won = yield from _mark(course, error, sealed=True)
    if won is None:
        return UNDECIDED
    return Decision(Mark.MADE, undo=True) if won else Decision(Mark.LOST, undo=False, dispatched=True)


def _decide_sealing(course: Course, error: BaseException) -> Steps[Decision]:
    """Whether the seal was committed is for the row to say; it may be committed while we look."""
    standing = yield from _standing(course, "first")
    if standing is Standing.OPEN:
        won = yield from _mark(course, error, sealed=False)
        if won:
            return Decision(Mark.MADE, undo=True)
        standing = (yield from _standing(course, "again")) if won is False else None
    if standing is Standing.FAILED:  # marked already, and then cut off
        return Decision(Mark.MADE, undo=True)
    if standing is Standing.SEALED:
        decision = yield from _decide_sealed(course, error)
        return decision
    # Unreadable; or taken, but whether before the seal or by a worker after it, the row does not say.
    return UNDECIDED


def _mark(course: Course, error: BaseException, *, sealed: bool) -> Steps[bool | None]:
    """Whether our mark is on the row; None if the ledger does not say."""
    mark = partial(course.ledger.mark_error, course.run, course.reason, course.token, sealed=sealed)
    marked: bool | None = yield from _answer(course, "mark sealed" if sealed else "mark", mark)
    if marked is None and course.unanswered is not None:
        note(error, f"the run could not be marked as failed: {reason_of(course.unanswered)}")
    return marked


def _standing(course: Course, when: str) -> Steps[Standing | None]:
    look = partial(course.ledger.standing, course.run, course.token)
    standing: Standing | None = yield from _answer(course, f"standing {when}", look)
    return standing


def _answer(course: Course, what: str, call: partial[Any]) -> Steps[Any]:
    """The ledger's answer, or None. Tries that an exit has cut off count, so that there is an end to them."""
    while course.has_try(what, TRIES):
        try:
            answer = yield call
        except BaseException as failure:
            course.unanswered = failure
            if not isinstance(failure, Exception):
                raise
        else:
            return answer
    failed = course.unanswered
    course.publish(Happening.MARKING_FAILED, reason=reason_of(failed) if failed else "", error=failed)
    return None


def _tell(course: Course, decision: Decision) -> None:
    happenings = {
        Mark.MADE: Happening.MARKED,
        Mark.LOST: Happening.LOST_RACE,
        Mark.UNKNOWN: Happening.UNDECIDED,
    }
    if decision.mark in happenings:
        course.publish(happenings[decision.mark], reason=course.reason)


def _undo_all(course: Course) -> Steps[None]:
    if course.undo_ends is None:
        course.undo_ends = time.monotonic() + course.limits.total_seconds
    while (action := course.undo.next()) is not None:
        yield from _undo(course, action, in_time=time.monotonic() < course.undo_ends)
        course.undo.settled(action)


def _undo(course: Course, action: Undo, *, in_time: bool) -> Steps[None]:
    """One action, by itself. One that was interrupted is tried once more."""
    if not in_time or action.tries == TRIES:
        action.failure = "interrupted each time" if in_time else "not started: the time for undoing was over"
    else:
        action.tries += 1
        try:
            yield action
        except Exception as failure:
            action.error, action.failure = failure, reason_of(failure)
    if action.failure is not None:
        course.publish(Happening.UNDO_FAILED, reason=action.failure, action=action.name, error=action.error)

"""The seal: the commit after which a run can no longer be failed by whoever started it."""

from __future__ import annotations

from functools import partial

from .course import Course, Decision
from .errors import DecidedElsewhere
from .events import Happening
from .ledger import Standing
from .outcome import Mark
from .phases import SEALED, SEALING
from .steps import Steps


def seal(course: Course) -> Steps[None]:
    """Seal the run. An answer that was lost is asked for; what was not sealed raises."""
    course.phase = SEALING
    try:
        sealed = yield partial(course.ledger.seal, course.run, course.token)
    except Exception:
        if not (yield from _sealed_all_the_same(course)):
            raise
        sealed = True
    if not sealed:
        course.decision = Decision(Mark.LOST, undo=True)
        course.publish(Happening.LOST_RACE)
        raise DecidedElsewhere
    course.phase = SEALED
    course.publish(Happening.SEALED)


def _sealed_all_the_same(course: Course) -> Steps[bool]:
    try:
        standing = yield partial(course.ledger.standing, course.run, course.token)
    except Exception:
        return False  # settling asks once more
    return standing is Standing.SEALED

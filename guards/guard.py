"""The guard of a `with` block: it makes the calls that `sealing` and `settlement` ask for, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar, TypeVarTuple, overload

from .course import Course
from .errors import NeverDispatched, NotAdopted
from .ledger import Run
from .outcome import Outcome
from .phases import DISPATCHED, ENDED, SEALED, Phase
from .sealing import seal
from .settlement import raised_instead, settle
from .steps import drive
from .undo import Undo

P = ParamSpec("P")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")
Errors = tuple[type[Exception], ...]


class Guard(Generic[Run]):
    """Guards one run from its row to the queue. `pre_dispatch_guard` makes it; every method may raise `GuardMisuse`."""

    def __init__(self, course: Course) -> None:
        self._course = course

    @property
    def token(self) -> str:
        """32 hex digits, new for each guard. The row must carry it: hand it to what makes the row."""
        return self._course.token

    @property
    def phase(self) -> Phase:
        return self._course.phase

    @property
    def run(self) -> Run | None:
        """The run's id, once there is a row."""
        run: Run | None = self._course.run
        return run

    @property
    def outcome(self) -> Outcome | None:
        """What became of the run after a failure; None if nothing has failed, or there was no row."""
        return self._course.outcome

    def open(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `fn`, which commits the row, and return what it returns; from then on the row is ours to mark.

        What `fn` raises passes through: then there is no row of ours, and `open` may be called again.
        """
        self._course.begin_open()
        try:
            row = fn(*args, **kwargs)
        except BaseException:
            self._course.open_failed()
            raise
        self._course.opened(row)
        return row

    def adopt(self, run: Run) -> None:
        """Guard a row that exists already. Raises `NotAdopted` if it is not open, or someone else's."""
        self._course.begin_adopt()
        if not self._course.ledger.adopt(run, self.token):
            raise NotAdopted
        self._course.own(run)

    def on_failure(self, fn: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Say how to undo the next step, before it is done. The last that was said is undone first.

        `fn` must be idempotent, and bound its own time.
        """
        self._course.on_failure(Undo(fn, args, kwargs))

    @overload
    def dispatch(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T | None: ...

    @overload
    def dispatch(
        self, fn: Callable[[*Ts], T], /, *args: *Ts, accepted: Errors = (), refused: Errors = ()
    ) -> T | None: ...

    def dispatch(  # type: ignore[misc]  # no function of ours takes `accepted` or `refused` itself
        self,
        fn: Callable[..., T],
        /,
        *args: Any,
        accepted: Errors = (),
        refused: Errors = (),
        **kwargs: Any,
    ) -> T | None:
        """Seal the run, then call `fn`, which enqueues the work, and return what it returns: always the last step.

        `accepted` are the errors of `fn` that mean that the queue has the work (a duplicate of our own job id);
        `refused` are those that mean that it surely has not, which the outcome then tells. If `fn` fails, but a
        worker has the run all the same, that is no failure: None is returned, and `outcome` tells of the error.
        """
        course = self._course
        course.begin_dispatch()
        result: T | None = None
        try:
            drive(seal(course))
            try:
                result = fn(*args, **kwargs)
            except accepted:
                result = None
            course.dispatched()
        except BaseException as error:
            course.refused = isinstance(error, refused) and course.phase is SEALED
            self._settle(error)
            if not (course.goes_on and isinstance(error, Exception)):
                raise
        return result

    def end(self, error: BaseException | None) -> None:
        """Leave the block. A failure is settled; the caller raises `error` again."""
        try:
            self._end(error)
        except BaseException as another:
            if self._course.phase is not ENDED:  # it was cut off before it began
                self._settle(another)
            raise

    def _end(self, error: BaseException | None) -> None:
        course = self._course
        if error is not None:
            self._settle(error)
        elif course.phase is DISPATCHED or course.goes_on:
            course.phase = ENDED
        else:
            error = NeverDispatched()
            self._settle(error)
            raise error

    def _settle(self, error: BaseException) -> None:
        """Undoing is shielded: what strikes in between is put off until everything is settled."""
        course = self._course
        for _ in range(course.interrupts):
            try:
                drive(settle(course, error))
                break
            except BaseException as another:
                course.disturbed(another)
        instead = raised_instead(course, error)
        if instead is not None:
            raise instead from error

"""The guard of an `async with` block: what `guard` calls, it awaits, and what must not be cut off it shields."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Generic, ParamSpec, TypeVar, TypeVarTuple, overload

from .awaiting import ask_ledger, awaited, uncut, within
from .course import Course
from .errors import NeverDispatched, NotAdopted
from .guard import Errors
from .ledger import Run
from .outcome import Outcome
from .phases import DISPATCHED, ENDED, SEALED, Phase
from .sealing import seal
from .settlement import raised_instead, settle
from .steps import Call, Result, Steps
from .undo import Undo

P = ParamSpec("P")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class AsyncGuard(Generic[Run]):
    """As `Guard`. What it is given may be coroutine functions, or plain ones, which run in the event loop.

    A plain function that blocks is given as `guard.open(asyncio.to_thread, create, …)`. The methods of a plain
    ledger run in a thread. Cancelling reaches your coroutines, but neither the ledger's calls nor the undoing.
    """

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

    @overload
    async def open(self, fn: Callable[P, Coroutine[Any, Any, T]], /, *args: P.args, **kwargs: P.kwargs) -> T: ...

    @overload
    async def open(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T: ...

    async def open(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """See `Guard.open`."""
        self._course.begin_open()
        try:
            row = await awaited(fn(*args, **kwargs))
        except BaseException:
            self._course.open_failed()
            raise
        self._course.opened(row)
        return row

    async def adopt(self, run: Run) -> None:
        """See `Guard.adopt`."""
        self._course.begin_adopt()
        if not await uncut(ask_ledger(self._course.ledger.adopt, run, self.token)):
            raise NotAdopted
        self._course.own(run)

    def on_failure(self, fn: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs) -> None:
        """See `Guard.on_failure`. A coroutine function is given `undo_seconds`."""
        self._course.on_failure(Undo(fn, args, kwargs))

    @overload
    async def dispatch(
        self, fn: Callable[P, Coroutine[Any, Any, T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T | None: ...

    @overload
    async def dispatch(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T | None: ...

    @overload
    async def dispatch(
        self,
        fn: Callable[[*Ts], Coroutine[Any, Any, T]],
        /,
        *args: *Ts,
        accepted: Errors = (),
        refused: Errors = (),
    ) -> T | None: ...

    @overload
    async def dispatch(
        self, fn: Callable[[*Ts], T], /, *args: *Ts, accepted: Errors = (), refused: Errors = ()
    ) -> T | None: ...

    async def dispatch(  # type: ignore[misc]  # no function takes `accepted` or `refused` itself
        self,
        fn: Callable[..., Any],
        /,
        *args: Any,
        accepted: Errors = (),
        refused: Errors = (),
        **kwargs: Any,
    ) -> Any:
        """See `Guard.dispatch`."""
        course = self._course
        course.begin_dispatch()
        result = None
        try:
            await uncut(self._drive(seal(course)))
            try:
                result = await awaited(fn(*args, **kwargs))
            except accepted:
                result = None
            course.dispatched()
        except BaseException as error:
            course.refused = isinstance(error, refused) and course.phase is SEALED
            await self._settle(error)
            if not (course.goes_on and isinstance(error, Exception)):
                raise
        return result

    async def end(self, error: BaseException | None) -> None:
        """See `Guard.end`."""
        try:
            await self._end(error)
        except BaseException as another:
            if self._course.phase is not ENDED:  # it was cut off before it began
                await self._settle(another)
            raise

    async def _end(self, error: BaseException | None) -> None:
        course = self._course
        if error is not None:
            await self._settle(error)
        elif course.phase is DISPATCHED or course.goes_on:
            course.phase = ENDED
        else:
            error = NeverDispatched()
            await self._settle(error)
            raise error

    async def _settle(self, error: BaseException) -> None:
        course = self._course
        for _ in range(course.interrupts):
            try:
                await uncut(self._settle_to_the_end(error))
                break
            except GeneratorExit as closing:  # nothing can be awaited any more
                course.disturbed(closing)
                break
            except BaseException as another:
                course.disturbed(another)
        instead = raised_instead(course, error)
        if instead is not None:
            raise instead from error

    async def _settle_to_the_end(self, error: BaseException) -> None:
        """Also when the loop is being closed, and cancels every task that there is, this one included."""
        for _ in range(self._course.interrupts):
            try:
                await self._drive(settle(self._course, error))
                break
            except BaseException as another:
                self._course.disturbed(another)

    async def _drive(self, steps: Steps[Result]) -> Result:
        try:
            call = next(steps)
            while True:
                try:
                    answer = await self._make(call)
                except BaseException as error:
                    call = steps.throw(error)
                else:
                    call = steps.send(answer)
        except StopIteration as end:
            result: Result = end.value
            return result

    async def _make(self, call: Call) -> Any:
        if isinstance(call, Undo):
            return await within(call(), self._course.limits.undo_seconds)
        return await ask_ledger(call)

"""What the guard itself raises: three ways for a run not to be dispatched, and the misuses."""

from __future__ import annotations


class GuardError(Exception):
    """Something went wrong with a guard."""

    def __init__(self, detail: str = "") -> None:
        message = (type(self).__doc__ or "").strip()
        super().__init__(f"{message} {detail}".strip())


class NeverDispatched(GuardError):
    """The block ended without a dispatch: `guard.dispatch(enqueue, …)` must be its last step."""


class DecidedElsewhere(GuardError):
    """Somebody else has decided the run before it was sealed: it was stopped, or given up as abandoned."""


class NotAdopted(GuardError):
    """The row cannot be guarded: it is not open any more, or another guard has it."""


class GuardMisuse(GuardError, RuntimeError):
    """The guard was used in a way that it is not made for."""


class EnteredTwice(GuardMisuse):
    """A guard guards one run: call `pre_dispatch_guard(…)` again for the next one."""


class NotEntered(GuardMisuse):
    """The guard has not been entered: write `with pre_dispatch_guard(ledger) as guard:`."""


class AlreadyEnded(GuardMisuse):
    """The guard has ended; what is done now would not be undone by it."""


class AlreadyOpened(GuardMisuse):
    """The guard has a row already: nest a second guard, or use one after the other."""


class NotOpened(GuardMisuse):
    """There is no row to dispatch: call `guard.open(…)` first."""


class AlreadyDispatched(GuardMisuse):
    """The run is dispatched, or on its way: nothing after that can be undone."""


class NoRunId(GuardMisuse):
    """`guard.open` made a row whose id cannot be told: pass `run_id=` to `pre_dispatch_guard`."""


class CannotAdopt(GuardMisuse):
    """A row that exists already can only be guarded if the ledger has a method `adopt`: see `AdoptingLedger`."""


class NoCurrentGuard(GuardMisuse):
    """There is no guard around this code."""

"""pre_dispatch_guard: no run is stuck between its row and its queue.

The guard owns every step from a run's row to its dispatch: what fails in between is marked and undone, once, and
only by who wins the row. Ledgers are in `.memory` and `.sql`, tests for your own in `.testing`.
"""

from .async_guard import AsyncGuard
from .course import Limits
from .current import current_async_guard, current_guard
from .decorator import Decorator
from .entry import PreDispatchGuard, pre_dispatch_guard
from .errors import (
    AlreadyDispatched,
    AlreadyEnded,
    AlreadyOpened,
    CannotAdopt,
    DecidedElsewhere,
    EnteredTwice,
    GuardError,
    GuardMisuse,
    NeverDispatched,
    NoCurrentGuard,
    NoRunId,
    NotAdopted,
    NotEntered,
    NotOpened,
)
from .events import Event, Happening, Subscriber, log_event, subscribe, unsubscribe
from .guard import Guard
from .ledger import AdoptingLedger, AsyncAdoptingLedger, AsyncLedger, Ledger, Standing
from .outcome import Mark, Outcome, UndoFailure, outcome_of, outcomes_of
from .phases import Phase
from .reasons import reason_of
from .redaction import redact

__all__ = [
    "AdoptingLedger",
    "AlreadyDispatched",
    "AlreadyEnded",
    "AlreadyOpened",
    "AsyncAdoptingLedger",
    "AsyncGuard",
    "AsyncLedger",
    "CannotAdopt",
    "DecidedElsewhere",
    "Decorator",
    "EnteredTwice",
    "Event",
    "Guard",
    "GuardError",
    "GuardMisuse",
    "Happening",
    "Ledger",
    "Limits",
    "Mark",
    "NeverDispatched",
    "NoCurrentGuard",
    "NoRunId",
    "NotAdopted",
    "NotEntered",
    "NotOpened",
    "Outcome",
    "Phase",
    "PreDispatchGuard",
    "Standing",
    "Subscriber",
    "UndoFailure",
    "current_async_guard",
    "current_guard",
    "log_event",
    "outcome_of",
    "outcomes_of",
    "pre_dispatch_guard",
    "reason_of",
    "redact",
    "subscribe",
    "unsubscribe",
]

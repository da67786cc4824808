"""For the tests of those who use the guard: what every ledger must do, and a rehearsal without any server.

`LedgerConformance` is a class of tests to inherit from, `rehearse` a switch for all guards of the process. Nothing
here needs a test framework; pytest collects the class.
"""

from __future__ import annotations

from .conformance import (
    AdoptingLedgerConformance,
    LedgerConformance,
    LedgerSubject,
    RescuedLedgerConformance,
    RescuedLedgerSubject,
    Seen,
)
from .memory import MemoryLedger
from .rehearsal import Rehearsal, rehearse

__all__ = [
    "AdoptingLedgerConformance",
    "LedgerConformance",
    "LedgerSubject",
    "MemoryLedger",
    "Rehearsal",
    "RescuedLedgerConformance",
    "RescuedLedgerSubject",
    "Seen",
    "rehearse",
]

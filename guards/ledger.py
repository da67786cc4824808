"""What the guard asks of the table of runs. `memory` and `sql` hold two ledgers; `testing` tests any other."""

from __future__ import annotations

from enum import Enum, auto
from typing import Protocol, TypeVar

Run = TypeVar("Run")
"""The type of a run's id."""

RunIn = TypeVar("RunIn", contravariant=True)


class Standing(Enum):
    """How a run's row stands, seen by the guard that holds a token."""

    OPEN = auto()
    """It carries the token, and is neither sealed nor ended."""
    SEALED = auto()
    """It carries the token, is sealed, and nobody has claimed or ended it."""
    FAILED = auto()
    """It is an error, and this token's mark made it one."""
    TAKEN = auto()
    """Someone else has moved it (stopped, reconciled, claimed), or it carries another token, or it is gone."""


class Ledger(Protocol[RunIn]):
    """The rows of runs. Every method is a short transaction on a connection of its own, which bounds its time.

    A method that raises says "I do not know whether it was done", and may be called again with the same
    arguments. The methods are called from whichever thread the guard is in.

    Whoever else puts a run back to the sealed status, as a reconciler does when its worker has died, must take the
    token off the row in the same statement. A guard whose enqueueing is still hanging would else find its own sealed
    row, and fail a run that a worker has had.
    """

    def seal(self, run: RunIn, token: str) -> bool:
        """Move an open row that carries `token` past the point of no return. True: it is sealed by this token.

        False is definite: somebody else has decided the run, and this token will never seal it.
        """
        ...

    def mark_error(self, run: RunIn, reason: str, token: str, *, sealed: bool) -> bool:
        """Move an open row, or a sealed one that nobody has claimed if `sealed`, to error, with `reason`.

        True if, and only if, this token's mark is on the row, also when an earlier call has put it there.
        """
        ...

    def standing(self, run: RunIn, token: str) -> Standing:
        """How the row stands now."""
        ...


class AdoptingLedger(Ledger[RunIn], Protocol[RunIn]):
    """A ledger that can hand a row that exists already to a guard."""

    def adopt(self, run: RunIn, token: str) -> bool:
        """Put `token` on an open row that carries none. True: the row is open and carries this token."""
        ...


class AsyncLedger(Protocol[RunIn]):
    """The same as `Ledger`, as coroutines, for `async with`."""

    async def seal(self, run: RunIn, token: str) -> bool: ...

    async def mark_error(self, run: RunIn, reason: str, token: str, *, sealed: bool) -> bool: ...

    async def standing(self, run: RunIn, token: str) -> Standing: ...


class AsyncAdoptingLedger(AsyncLedger[RunIn], Protocol[RunIn]):
    """The same as `AdoptingLedger`, as coroutines."""

    async def adopt(self, run: RunIn, token: str) -> bool: ...

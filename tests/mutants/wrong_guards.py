"""The wrong guards: each is a mistake that somebody has made, or could. The tests of `guards/` must find them all."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

LEDGERS = [
    Mutant(
        "no swap on status: the SQL ledger moves a row however it stands",
        "sql.py",
        ".where(self._id == run, self._status == expected, owned)",
        ".where(self._id == run, owned)",
    ),
    Mutant(
        "no token: the SQL ledger marks and seals rows of other guards",
        "sql.py",
        ".where(self._id == run, self._status == expected, owned)",
        ".where(self._id == run, self._status == expected)",
    ),
    Mutant(
        "no swap on status: the ledger in memory marks what a worker has",
        "memory.py",
        "if self._standing(run, token) is (Standing.SEALED if sealed else Standing.OPEN):",
        "if run in self.rows:",
    ),
    Mutant(
        "no token: the ledger in memory marks rows of other guards",
        "memory.py",
        "if row is None or row.token != token:",
        "if row is None:",
    ),
    Mutant(
        "a mark whose reply was lost is taken for someone else's",
        "sql.py",
        "return won or self.standing(run, token) is Standing.FAILED",
        "return won",
    ),
]

UNDOING = [
    Mutant(
        "undo in the wrong order: first in, first out",
        "undo.py",
        "next(reversed(self.waiting.values()))",
        "next(iter(self.waiting.values()))",
    ),
    Mutant(
        "undo actions are not isolated: one that fails ends the undoing",
        "settlement.py",
        "        course.undo.settled(action)\n",
        "        course.undo.settled(action)\n        if action.failure:\n            return\n",
    ),
    Mutant(
        "an undo action's error replaces the first error",
        "settlement.py",
        "    interrupt = course.interrupt\n    if interrupt is None or interrupt is error or",
        "    interrupt = next((undo.error for undo in course.undo.done.values() if undo.error), course.interrupt)\n"
        "    if interrupt is None or interrupt is error or",
    ),
    Mutant(
        "undo before mark",
        "settlement.py",
        "    if course.decision is None:\n        course.decision",
        "    if course.decision is None:\n        yield from _undo_all(course)\n        course.decision",
    ),
    Mutant(
        "an undo action that was interrupted is not tried again",
        "settlement.py",
        "if not in_time or action.tries == TRIES:",
        "if not in_time or action.tries:",
    ),
    Mutant(
        "undoing has no limit of time",
        "settlement.py",
        "in_time=time.monotonic() < course.undo_ends)",
        "in_time=True)",
    ),
    Mutant(
        "an undo action registered after the dispatch is accepted",
        "course.py",
        "over = self.settling or self.phase is DISPATCHED or self.phase is ENDED",
        "over = self.settling",
    ),
    Mutant(
        "what was taken before the row is not given back",
        "settlement.py",
        "return Decision(Mark.NONE, undo=True)",
        "return Decision(Mark.NONE, undo=False)",
    ),
]

DECIDING = [
    Mutant(
        "undo after a lost race: a worker's inputs are deleted",
        "settlement.py",
        "else Decision(Mark.LOST, undo=False, dispatched=True)",
        "else Decision(Mark.LOST, undo=True, dispatched=True)",
    ),
    Mutant(
        "an unknown outcome is treated as failed",
        "settlement.py",
        "UNDECIDED = Decision(Mark.UNKNOWN, undo=False)",
        "UNDECIDED = Decision(Mark.FAILED, undo=True)",
    ),
    Mutant(
        "a run taken while its seal was unknown is undone",
        "settlement.py",
        "by a worker after it, the row does not say.\n    return UNDECIDED",
        "by a worker after it, the row does not say.\n    return Decision(Mark.LOST, undo=True)",
    ),
    Mutant(
        "a seal that is committed while the guard looks is overlooked",
        "settlement.py",
        'standing = (yield from _standing(course, "again")) if won is False else None',
        "standing = None",
    ),
    Mutant(
        "no retry of the mark whose reply was lost",
        "settlement.py",
        "while course.has_try(what, TRIES):",
        "while course.has_try(what, 1):",
    ),
    Mutant(
        "no undoing while the ledger is away, though nothing was dispatched",
        "settlement.py",
        "return Decision(mark, undo=True)",
        "return Decision(mark, undo=won is not None)",
    ),
    Mutant(
        "no undoing when somebody else has ended the run before its seal",
        "settlement.py",
        "return Decision(mark, undo=True)",
        "return Decision(mark, undo=mark is not Mark.LOST)",
    ),
    Mutant(
        "a failure after the dispatch fails the run",
        "settlement.py",
        "if course.phase is Phase.DISPATCHED:",
        "if course.phase is None:",
    ),
]

SEALING = [
    Mutant(
        "sealed too early: a worker may take what is not staged",
        "guard.py",
        "        self._course.opened(row)\n        return row",
        "        self._course.opened(row)\n        drive(seal(self._course))\n        return row",
    ),
    Mutant(
        "sealed too late: a worker drops what is not sealed",
        "guard.py",
        "            drive(seal(course))\n            try:\n                result = fn(*args, **kwargs)\n",
        "            try:\n                result = fn(*args, **kwargs)\n                drive(seal(course))\n",
    ),
    Mutant(
        "enqueued although the seal was lost to somebody else",
        "sealing.py",
        "    if not sealed:\n",
        "    if sealed is None:\n",
    ),
    Mutant(
        "a seal whose reply was lost is not asked for",
        "sealing.py",
        "if not (yield from _sealed_all_the_same(course)):\n            raise",
        "raise",
    ),
]

LEAVING = [
    Mutant(
        "`except Exception` only, around the block",
        "guard.py",
        "        if error is not None:\n            self._settle(error)\n",
        "        if error is not None:\n            isinstance(error, Exception) and self._settle(error)\n",
    ),
    Mutant(
        "`except Exception` only, within the settling",
        "guard.py",
        "            except BaseException as another:\n",
        "            except Exception as another:\n",
    ),
    Mutant(
        "an exit is swallowed because a worker has the run",
        "guard.py",
        "if not (course.goes_on and isinstance(error, Exception)):",
        "if not course.goes_on:",
    ),
    Mutant(
        "an exit that came while a failure was settled is swallowed",
        "settlement.py",
        "    interrupt = course.interrupt\n    if interrupt is None or",
        "    interrupt = None\n    if interrupt is None or",
    ),
    Mutant(
        "a block without a dispatch passes: NeverDispatched is missing",
        "guard.py",
        "elif course.phase is DISPATCHED or course.goes_on:",
        "else:\n            course.phase = ENDED\n            return\n        if False:",
    ),
    Mutant(
        "a dispatch is refused for an error that means accepted",
        "guard.py",
        "except accepted:",
        "except ():",
    ),
    Mutant(
        "one guard is entered for two runs",
        "block.py",
        "            raise EnteredTwice from None",
        "            return",
    ),
    Mutant(
        "the stored reason holds secrets",
        "reasons.py",
        "return storable(redact(_told(error, DEPTH)))",
        "return storable(_told(error, DEPTH))",
    ),
]

ASYNCHRONOUS = [
    Mutant(
        "cancelling cuts off the seal's commit",
        "async_guard.py",
        "await uncut(self._drive(seal(course)))",
        "await self._drive(seal(course))",
    ),
    Mutant(
        "cancelling once more cuts off the undoing",
        "async_guard.py",
        "await uncut(self._settle_to_the_end(error))",
        "await self._settle_to_the_end(error)",
    ),
    Mutant(
        "an undo coroutine that hangs is awaited for ever",
        "awaiting.py",
        "done, _ = await asyncio.wait((task,), timeout=seconds)",
        "done, _ = await asyncio.wait((task,))",
    ),
    Mutant(
        "an exit is swallowed because a worker has the run, asynchronously",
        "async_guard.py",
        "if not (course.goes_on and isinstance(error, Exception)):",
        "if not course.goes_on:",
    ),
]

MUTANTS = [*LEDGERS, *UNDOING, *DECIDING, *SEALING, *LEAVING, *ASYNCHRONOUS]

"""Visits every state that a design can get into, and finds for each promise the shortest way to break it."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Set
from dataclasses import dataclass, field

from tests.guards.protocol.actors import moves
from tests.guards.protocol.state import Design, Move, State

NEVER_STUCK = "never stuck"
NEVER_TOUCHED = "never touched after a claim"
FINAL = "terminal is final"
WITH_RESULT = "never COMPLETED without its result"


def touches_what_was_claimed(before: State, move: Move) -> bool:
    changed = (before.status, before.inputs) != (move.to.status, move.to.inputs)
    return move.actor == "request" and before.attempt > 0 and changed


def leaves_a_terminal_status(before: State, move: Move) -> bool:
    return before.over and move.to.status != before.status


def completes_without_result(before: State, move: Move) -> bool:
    return move.to.status == "COMPLETED" and not move.to.result


BREACHES: dict[str, Callable[[State, Move], bool]] = {
    NEVER_TOUCHED: touches_what_was_claimed,
    FINAL: leaves_a_terminal_status,
    WITH_RESULT: completes_without_result,
}
PROMISES = (NEVER_STUCK, *BREACHES)
Trace = list[Move]


@dataclass
class Explored:
    """All states of a design, and a shortest trace for each promise that it breaks."""

    design: Design
    came_by: dict[State, tuple[State, Move] | None] = field(default_factory=dict)
    broken: dict[str, Trace] = field(default_factory=dict)

    def trace(self, state: State) -> Trace:
        """How one gets to `state`, in as few moves as possible."""
        steps: Trace = []
        while (came := self.came_by[state]) is not None:
            state, move = came
            steps.append(move)
        return steps[::-1]


def explore(design: Design, until: Set[str] = frozenset(PROMISES)) -> Explored:
    """Breadth first, so that the first way to anything is a shortest one.

    It ends as soon as all of `until` are broken; NEVER_STUCK is known at the end only.
    """
    found = Explored(design, {State(): None})
    normal: dict[State, list[State]] = {}
    ahead = deque([State()])
    while ahead and not found.broken.keys() >= until:
        state = ahead.popleft()
        normal[state] = []
        for move in moves(design, state):
            _check(found, state, move)
            if move.kind == "normal":
                normal[state].append(move.to)
            if move.to not in found.came_by:
                found.came_by[move.to] = (state, move)
                ahead.append(move.to)
    if not ahead:
        _check_that_all_end(found, normal)
    return found


def _check(found: Explored, state: State, move: Move) -> None:
    for promise, breaks in BREACHES.items():
        if promise not in found.broken and breaks(state, move):
            found.broken[promise] = [*found.trace(state), move]


def _check_that_all_end(found: Explored, normal: dict[State, list[State]]) -> None:
    ends = _surely_end(normal)
    for state in found.came_by:  # the nearest first
        if state not in ends:
            found.broken[NEVER_STUCK] = found.trace(state)
            return


def _surely_end(normal: dict[State, list[State]]) -> set[State]:
    """The states from which, faults having ended, every way leads to a terminal status, whoever comes first."""
    leading_to, open_ways = defaultdict(list), {}
    for state, following in normal.items():
        open_ways[state] = len(following)
        for next_one in following:
            leading_to[next_one].append(state)
    ends = {state for state in normal if state.over}
    ahead = list(ends)
    while ahead:
        for state in leading_to[ahead.pop()]:
            open_ways[state] -= 1
            if open_ways[state] == 0 and state not in ends:
                ends.add(state)
                ahead.append(state)
    return ends

"""Server-sent events of a run (HTML Standard, section 9.2): how it stands, then what has changed, then its end.

The id of an event is a mark of the whole state behind it. So a caller that comes back, to whatever process, is told
nothing twice if nothing has changed, and else how the run stands now; there is nothing to keep for it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from deployment.api.v1.execution_body import execution_state
from deployment.fingerprint import fingerprint
from deployment.models import Execution

KEEP_ALIVE_SECONDS = 15.0
"""After so much silence a comment is sent: proxies close what is silent."""
BEGIN = "retry: 2000\n\n"
"""Sent at once, so that the caller has the headers of the reply; milliseconds until it comes back."""
KEEP_ALIVE = ":\n\n"


def event_stream(runs: Iterable[Execution], last_id: str, wanted: Callable[[], bool]) -> Iterator[str]:
    """The text of the events of one run, which is looked at each time that `runs` yields, as long as it is `wanted`.

    `last_id` is the mark of the state that the caller has, or anything else.
    """
    changes, spoken = Changes(last_id), time.monotonic()
    yield BEGIN
    for run in runs:
        text = changes.since_last(run)
        if not text and time.monotonic() - spoken >= KEEP_ALIVE_SECONDS:
            text = KEEP_ALIVE
        if text:
            spoken = time.monotonic()
            yield text
        if not wanted():
            return


class Changes:
    """Remembers what the caller was told, and tells the rest."""

    def __init__(self, last_id: str) -> None:
        self._id = last_id
        self._told: dict[str, Any] = {}

    def since_last(self, run: Execution) -> str:
        """The events that bring the caller from what it was told to how `run` stands; empty if nothing has changed."""
        state, before = execution_state(run), self._told
        changed, self._id, self._told = mark(state) != self._id, mark(state), state
        if not changed:
            return ""
        events = list(_changes(before, state)) if before else [_event("state", state)]
        if not run.live:
            events.append(_event("end", {"id": state["id"], "status": state["status"]}))
        return "\n\n".join(events) + f"\nid: {self._id}\n\n"


def mark(state: dict[str, Any]) -> str:
    """The id of the events that lead to this state."""
    return fingerprint(state)[:16]


def _changes(before: dict[str, Any], state: dict[str, Any]) -> Iterator[str]:
    for was, is_now in zip(before["files"], state["files"], strict=True):
        if was != is_now:
            yield _event("file", is_now)
    yield _event("execution", {name: value for name, value in state.items() if name != "files"})


def _event(name: str, data: dict[str, Any]) -> str:
    """Without the blank line that ends it. JSON has no line breaks of its own."""
    return f"event: {name}\ndata: {json.dumps(data)}"

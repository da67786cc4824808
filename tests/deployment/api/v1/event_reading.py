"""Reading a stream of server-sent events as the HTML Standard says, as far as ours go."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple


class Event(NamedTuple):
    kind: str
    data: Any
    id: str | None


def events(lines: Iterable[str]) -> Iterator[Event]:
    """The events of a stream that comes in lines; comments and `retry` are passed over."""
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.rstrip("\n").partition(": ")
        if name:
            fields[name] = value
        elif "event" in fields:
            yield Event(fields["event"], json.loads(fields["data"]), fields.get("id"))
        if not name:
            fields = {}


def told(text: str) -> list[Event]:
    """The events of a piece of a stream."""
    return list(events(text.split("\n")))


def kinds(found: Iterable[Event]) -> list[str]:
    return [event.kind for event in found]

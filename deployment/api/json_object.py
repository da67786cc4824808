"""JSON objects of a caller: read so that what could be read can be stored and written again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

DEPTH = 64
"""How deep it may be nested. Without a limit, what could be read might not be written again, or the reverse."""


class NotAnObject(ValueError):
    """The text is no JSON object that could be stored; the message says why, for the caller."""


def parse_object(text: str) -> dict[str, Any]:
    """The object of finite numbers in `text`; NaN and Infinity are no JSON (RFC 8259, section 6)."""
    try:
        value = json.loads(text, parse_constant=_not_json)
        if _depth(value) > DEPTH:
            raise RecursionError
        json.dumps(value, allow_nan=False)  # a number such as 1e999 is infinite only once it is read
    except RecursionError:
        raise NotAnObject(f"Value must not be nested deeper than {DEPTH} levels.") from None
    except ValueError:
        raise NotAnObject("Value must be valid JSON.") from None
    if not isinstance(value, dict):
        raise NotAnObject("Value must be a JSON object.")
    return value


def _depth(value: Any) -> int:
    """The levels of objects and lists within each other, one more than `DEPTH` if there are more than that."""
    depth, level = 0, [value]
    while level and depth <= DEPTH:
        level = [inner for each in level for inner in _within(each)]
        depth += bool(level)
    return depth


def _within(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _not_json(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")

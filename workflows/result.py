"""What a workflow gives back, and the check that all of it can be stored: as JSON, and in any database."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any

from workflows.errors import InvalidResult

NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")
"""PostgreSQL stores no NUL, and UTF-8 has no lone surrogates."""
ESCAPED = re.compile(r"\\u(?:0000|d[89a-f])")
REPLACEMENT = "�"


@dataclass(frozen=True)
class Result:
    """The outcome of one document. All of it must be JSON: no NaN, no bytes, no dates.

    `output` is the answer, `metadata` is about the document, `metrics` about the work (seconds per step),
    `text` is the whole text, if the workflow has one.
    """

    output: dict[str, Any]
    metadata: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    text: str | None = None


def storable(result: object, workflow: str) -> Result:
    """A copy made of plain JSON values, with U+FFFD for what no database stores; raises `InvalidResult`."""
    if not isinstance(result, Result):
        raise InvalidResult(f"The workflow {workflow} gave back a {type(result).__name__}, not a Result")
    try:
        body = json.dumps(asdict(result), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidResult(f"The workflow {workflow} gave back a result that is not JSON: {error}") from error
    content = json.loads(body)
    if ESCAPED.search(body):
        content = _clean(content)
    return _checked(content, workflow)


def clean_text(text: str) -> str:
    """The text with U+FFFD in place of NUL and lone surrogates."""
    return NOT_STORABLE.sub(REPLACEMENT, text)


def _checked(content: dict[str, Any], workflow: str) -> Result:
    for name in ("output", "metadata", "metrics"):
        if not isinstance(content[name], dict):
            raise InvalidResult(f"The workflow {workflow} gave back {name} that is not a dict")
    if not isinstance(content["text"], str | None):
        raise InvalidResult(f"The workflow {workflow} gave back a text that is not a string")
    return Result(**content)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {clean_text(key): _clean(item) for key, item in value.items()}
    return value

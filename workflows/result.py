"""What a workflow gives back, and the check that all of it can be stored: as JSON, and in any database."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from workflows.errors import InvalidResult
from workflows.output import Output
from workflows.storable_text import clean_text

ESCAPED = re.compile(r"\\u(?:0000|d[89a-f])")
STORED = ("output", "metadata", "metrics", "text")
MAX_OUTPUTS = 10_000
MAX_PAGES = 1_000_000_000


@dataclass(frozen=True)
class Result:
    """The outcome of one document. All but the `outputs` must be JSON: no NaN, no bytes, no dates.

    `output` is the answer, `metadata` is about the document, `metrics` about the work (seconds per step),
    `text` is the whole text, if the workflow has one. `outputs` are files, in the order in which they are listed.
    `pages` is how many pages, sheets or slides were worked on, for the usage; None where nothing is counted.
    """

    output: dict[str, Any]
    metadata: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    text: str | None = None
    outputs: Sequence[Output] = ()
    pages: int | None = None


def storable(result: object, workflow: str) -> Result:
    """A copy made of plain JSON values, with U+FFFD for what no database stores; raises `InvalidResult`."""
    if not isinstance(result, Result):
        raise InvalidResult(f"The workflow {workflow} gave back a {type(result).__name__}, not a Result")
    try:
        body = json.dumps({name: getattr(result, name) for name in STORED}, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidResult(f"The workflow {workflow} gave back a result that is not JSON: {error}") from error
    content = json.loads(body)
    if ESCAPED.search(body):
        content = _clean(content)
    return replace(
        _checked(content, workflow),
        outputs=_checked_outputs(result, workflow),
        pages=_checked_pages(result, workflow),
    )


def _checked(content: dict[str, Any], workflow: str) -> Result:
    for name in ("output", "metadata", "metrics"):
        if not isinstance(content[name], dict):
            raise InvalidResult(f"The workflow {workflow} gave back {name} that is not a dict")
    if not isinstance(content["text"], str | None):
        raise InvalidResult(f"The workflow {workflow} gave back a text that is not a string")
    return Result(**content)


def _checked_outputs(result: Result, workflow: str) -> tuple[Output, ...]:
    if len(result.outputs) > MAX_OUTPUTS:
        raise InvalidResult(f"The workflow {workflow} gave out {len(result.outputs)} files, more than {MAX_OUTPUTS}")
    return tuple(output.checked(workflow) for output in result.outputs)


def _checked_pages(result: Result, workflow: str) -> int | None:
    pages = result.pages
    if pages is not None and (not isinstance(pages, int) or not 0 <= pages <= MAX_PAGES):
        raise InvalidResult(f"The workflow {workflow} gave back {pages!r} for its pages, which is no count of them")
    return pages


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {clean_text(key): _clean(item) for key, item in value.items()}
    return value

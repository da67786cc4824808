"""Results: one JSON object per file and attempt, stored before the row says SUCCESS, read again and again.

It lists the files that the workflow has handed out, which `outputs` has stored before.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict

from deployment.attempt import Attempt
from deployment.outputs import StoredOutput, outputs_again
from storage import ObjectStore
from workflows import Result


class StoredResult(TypedDict):
    """What is in `result.json`."""

    output: dict[str, Any]
    metadata: dict[str, Any]
    metrics: dict[str, Any]
    text: str | None
    outputs: NotRequired[list[StoredOutput]]
    pages: NotRequired[int]


def store_result(store: ObjectStore, attempt: Attempt, result: Result, outputs: Sequence[StoredOutput] = ()) -> None:
    """Write the result under the attempt, so that a worker that lost its lease overwrites nothing."""
    content = StoredResult(output=result.output, metadata=result.metadata, metrics=result.metrics, text=result.text)
    if outputs:
        content["outputs"] = list(outputs)
    if result.pages is not None:
        content["pages"] = result.pages
    body = json.dumps(content, allow_nan=False).encode()
    store.put(attempt.result_key, io.BytesIO(body))


def read_result(store: ObjectStore, attempt: Attempt) -> StoredResult:
    """The result of the attempt that succeeded; raises `storage.StorageError`."""
    with store.open(attempt.result_key) as source:
        content: StoredResult = json.loads(source.read())
    return content


def read_again(store: ObjectStore, attempt: Attempt) -> Result:
    """The result of an earlier attempt as its workflow gave it back, files included, to be stored for another one."""
    found = read_result(store, attempt)
    outputs = tuple(outputs_again(store, attempt, found.get("outputs", [])))
    return Result(found["output"], found["metadata"], found["metrics"], found["text"], outputs, found.get("pages"))

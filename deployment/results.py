"""Results: one JSON object per file and attempt, stored before the row says SUCCESS, read again and again."""

from __future__ import annotations

import io
import json
from typing import Any, TypedDict
from uuid import UUID

from storage import ObjectStore, names
from workflows import Result


class StoredResult(TypedDict):
    """What is in `result.json`."""

    output: dict[str, Any]
    metadata: dict[str, Any]
    metrics: dict[str, Any]
    text: str | None


def store_result(store: ObjectStore, execution_id: UUID, file_id: UUID, attempt: int, result: Result) -> None:
    """Write the result under the attempt, so that a worker that lost its lease overwrites nothing."""
    content = StoredResult(output=result.output, metadata=result.metadata, metrics=result.metrics, text=result.text)
    body = json.dumps(content, allow_nan=False).encode()
    store.put(names.result_key(execution_id, file_id, attempt), io.BytesIO(body))


def read_result(store: ObjectStore, execution_id: UUID, file_id: UUID, attempt: int) -> StoredResult:
    """The result of the attempt that succeeded; raises `storage.StorageError`."""
    with store.open(names.result_key(execution_id, file_id, attempt)) as source:
        content: StoredResult = json.loads(source.read())
    return content

"""The per-file items of a reply, as the wire has them."""

from __future__ import annotations

from typing import Any

from deployment.api.outputs import listed_outputs
from deployment.api.results import read_results
from deployment.api.wire.fields import Includes
from deployment.models import Execution, ExecutionFile
from deployment.results import StoredResult
from storage import ObjectStore


def file_items(store: ObjectStore, execution: Execution, includes: Includes) -> list[dict[str, Any]]:
    """One item for each file, in the order of the request; raises `storage.StorageError` if results are out of reach.

    `execution` comes with its files, its deployment and its organisation.
    """
    found = read_results(store, execution)
    return [_item(execution, file, includes, *read) for file, read in zip(execution.files, found, strict=True)]


def _item(
    execution: Execution,
    file: ExecutionFile,
    includes: Includes,
    result: StoredResult | None,
    error: str | None,
) -> dict[str, Any]:
    item: dict[str, Any] = {
        "file": file.name,
        "file_execution_id": str(file.id),
        "status": "Success" if result else "Failed",
        "error": error,
        "result": _selected(result, includes) if result else None,
        "metadata": _metadata(execution, file, includes),
    }
    if result and result.get("outputs"):
        item["outputs"] = listed_outputs(execution, file, result["outputs"])
    if includes.extracted_text:
        item["extracted_text"] = result["text"] if result else None
    return item


def _selected(result: StoredResult, includes: Includes) -> dict[str, Any]:
    selected: dict[str, Any] = {"output": result["output"]}
    if includes.metadata:
        selected["metadata"] = result["metadata"]
    if includes.metrics:
        selected["metrics"] = result["metrics"]
    return selected


def _metadata(execution: Execution, file: ExecutionFile, includes: Includes) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "source_name": file.name,
        "source_hash": file.sha256,
        "organization_id": execution.deployment.organization.name,
        "workflow_id": execution.workflow,
        "execution_id": str(execution.id),
        "file_execution_id": str(file.id),
        "tags": execution.tags,
        "total_elapsed_time": _seconds(file),
        "workflow_start_time": file.started_at.timestamp() if file.started_at else None,
    }
    if file.from_history:
        metadata["from_file_history"] = True
    if includes.metadata:
        metadata["usage"] = {}
    return metadata


def _seconds(file: ExecutionFile) -> float | None:
    if file.started_at is None or file.ended_at is None:
        return None
    return round((file.ended_at - file.started_at).total_seconds(), 3)

"""What came of each file, for a person: the text, the JSON to unfold, the files that were handed out, a download."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from flask import Response

from deployment.api.results import read_results
from deployment.api.v1.links import output_link
from deployment.causes import cause_of
from deployment.console.page import page
from deployment.console.people import nothing, visible_run
from deployment.models import Execution, ExecutionFile, FileStatus, Role
from deployment.parts import current_parts as parts
from deployment.results import StoredResult
from deployment.retention import is_expired
from storage import StorageError

log = structlog.get_logger()

FILES = 8
"""Results that a page shows; the others can be downloaded."""
TEXT, NODES, DEEPEST = 20_000, 500, 12
"""Characters of a text, parts of a JSON and its depth that are shown: a page must not grow with a document."""


@dataclass(frozen=True)
class Shown:
    """The result of one file."""

    file: ExecutionFile
    text: str
    tree: Any
    outputs: list[dict[str, Any]]


def results_of(run: Execution) -> tuple[list[Shown], str]:
    """Of the first files that have one, and why there are none, where the storage is to blame."""
    files = [] if run.deleted_at or is_expired(run) else _done(run)[:FILES]
    try:
        found = read_results(parts().store, run, files)
    except StorageError as error:
        log.warning("results_not_readable", execution_id=str(run.id), error=cause_of(error))
        return [], "The results are stored, and the storage does not answer now."
    return [_shown(run, file, result) for file, (result, _) in zip(files, found, strict=True) if result], ""


@page("/executions/<uuid:execution_id>/results.json", Role.VIEWER)
def download_results(execution_id: UUID) -> Response:
    """All of them, whole, as a file."""
    run = visible_run(execution_id)
    if run.deleted_at or is_expired(run):
        raise nothing("result")
    found = read_results(parts().store, run)
    items = [
        {"name": file.name, "status": file.status, "error": error, **dict(result or {})}
        for file, (result, error) in zip(run.files, found, strict=True)
    ]
    reply = Response(json.dumps(items, ensure_ascii=False, indent=2), mimetype="application/json")
    reply.headers["Content-Disposition"] = f'attachment; filename="{run.id}.json"'
    return reply


def _done(run: Execution) -> list[ExecutionFile]:
    return [file for file in run.files if file.status == FileStatus.SUCCESS]


def _shown(run: Execution, file: ExecutionFile, result: StoredResult) -> Shown:
    listed = result.get("outputs", [])
    outputs = [{**each, "url": output_link(run.id, file.id, number)} for number, each in enumerate(listed, 1)]
    return Shown(file, _text(result)[:TEXT], _bounded(result["output"], [NODES], DEEPEST), outputs)


def _text(result: StoredResult) -> str:
    """The whole text where the workflow gives it, else that of the pages."""
    if result["text"]:
        return result["text"]
    pages = result["output"].get("pages")
    whole = [each for each in pages if isinstance(each, dict)] if isinstance(pages, list) else []
    return "\n\n".join(str(each["text"]) for each in whole if "text" in each)


def _bounded(value: Any, left: list[int], depth: int) -> Any:
    """A part of a JSON that is not too large: what is left out is an ellipsis."""
    left[0] -= 1
    if left[0] <= 0 or depth == 0:
        return "…"
    if isinstance(value, dict):
        return {name: _bounded(each, left, depth - 1) for name, each in value.items() if left[0] > 0}
    if isinstance(value, list):
        return [_bounded(each, left, depth - 1) for each in value if left[0] > 0]
    return value[:TEXT] if isinstance(value, str) else value

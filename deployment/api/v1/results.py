"""The results of an execution: one for each file, and links to the files that its workflow has handed out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from deployment.api.results import read_results
from deployment.api.v1.execution_body import FileStatus, Status
from deployment.api.v1.links import output_link
from deployment.api.v1.paths import ExecutionPath
from deployment.api.v1.rights import visible_run
from deployment.api.v1.route import route
from deployment.api.v1.show import require_unexpired
from deployment.models import Execution, ExecutionFile, Scope
from deployment.outputs import StoredOutput
from deployment.parts import current_parts as parts
from deployment.results import StoredResult


class OutputBody(BaseModel):
    """A file that a workflow has handed out."""

    name: str
    media_type: str
    size: int = Field(description="bytes")
    sha256: str
    url: str = Field(description="a path that needs no API key, and works for ten minutes")


class ResultBody(BaseModel):
    """What came of one file."""

    file_id: UUID
    ordinal: int
    name: str
    status: FileStatus
    error: str | None
    output: dict[str, Any] | None = Field(description="as the workflow has it; null where the file has not succeeded")
    metadata: dict[str, Any] | None
    metrics: dict[str, Any] | None
    text: str | None = Field(description="the whole text, where the workflow gives it")
    outputs: list[OutputBody]


class Results(BaseModel):
    """What came of an execution. Before its end there are the results of the files that are done."""

    execution_id: UUID
    status: Status
    error: str | None
    results: list[ResultBody]


@route(
    "get",
    "/executions/<uuid:execution_id>/results",
    Scope.READ,
    tag="Executions",
    replies={200: Results},
    problems=(404, 410),
)
def get_results(path: ExecutionPath) -> Results:
    """The results of an execution, those of its files that are done; they can be read again and again."""
    run = visible_run(path.execution_id)
    require_unexpired(run)
    return Results.model_validate(
        {"execution_id": run.id, "status": run.status, "error": run.error, "results": result_bodies(run)}
    )


def result_bodies(run: Execution) -> list[dict[str, Any]]:
    """In the order of the request; raises `storage.StorageError` if they are out of reach."""
    found = read_results(parts().store, run)
    return [_body(run, file, *read) for file, read in zip(run.files, found, strict=True)]


def _body(run: Execution, file: ExecutionFile, result: StoredResult | None, error: str | None) -> dict[str, Any]:
    names = ("output", "metadata", "metrics", "text")
    return {
        "file_id": str(file.id),
        "ordinal": file.ordinal,
        "name": file.name,
        "status": file.status,
        "error": error if file.ended_at else file.error,
        **{name: result[name] if result else None for name in names},  # type: ignore[literal-required]
        "outputs": _outputs(run, file, result.get("outputs", []) if result else []),
    }


def _outputs(run: Execution, file: ExecutionFile, listed: list[StoredOutput]) -> list[dict[str, Any]]:
    return [{**output, "url": output_link(run.id, file.id, number)} for number, output in enumerate(listed, 1)]

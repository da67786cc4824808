"""An execution as the native API shows it: with its own states, which are finer than those of the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from flask import request
from pydantic import BaseModel, ConfigDict, Field

from deployment.models import Execution
from deployment.progress import progress

Status = Literal["PENDING", "QUEUED", "EXECUTING", "COMPLETED", "ERROR", "STOPPED"]
FileStatus = Literal["WAITING", "QUEUED", "EXECUTING", "SUCCESS", "FAILED", "STOPPED"]


class Progress(BaseModel):
    """Numbers of files; all but `total` add up to it."""

    total: int
    waiting: int
    queued: int
    executing: int
    successful: int
    failed: int
    stopped: int


class FileBody(BaseModel):
    """One file of an execution."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    ordinal: int = Field(description="its place in the request, from 0")
    name: str
    size: int = Field(description="bytes")
    sha256: str
    status: FileStatus
    attempt: int = Field(description="how often a worker has claimed it")
    error: str | None
    pages: int | None = Field(description="pages, sheets or slides, where the workflow has counted them")
    from_history: bool = Field(description="whether its result is that of an earlier execution")
    started_at: datetime | None
    ended_at: datetime | None
    retry_at: datetime | None = Field(description="when a file that waits for another try is queued again")


class ExecutionState(BaseModel):
    """How an execution stands. Instants are in UTC, and null as long as there are none."""

    id: UUID
    status: Status
    organization: str
    deployment: str
    workflow: str
    workflow_version: str
    tags: list[str]
    metadata: dict[str, Any]
    error: str | None = Field(description="why it is an ERROR, or was stopped")
    rerun_of: UUID | None
    created_at: datetime
    sealed_at: datetime | None = Field(description="when it was queued: from then on it is sure to be executed")
    started_at: datetime | None
    ended_at: datetime | None
    deadline_at: datetime
    expires_at: datetime | None = Field(description="until when its results can be read")
    progress: Progress
    files: list[FileBody]


class Links(BaseModel):
    """Paths on this server."""

    self_: str = Field(alias="self")
    events: str
    results: str
    files: str
    logs: str
    stop: str
    rerun: str


class ExecutionBody(ExecutionState):
    """How an execution stands, and where to go on."""

    links: Links


def execution_state(execution: Execution) -> dict[str, Any]:
    """Ready for JSON, and without links, which depend on who asks."""
    deployment = execution.deployment
    same = {name: getattr(execution, name) for name in _SAME}
    return ExecutionState(
        organization=deployment.organization.name,
        deployment=deployment.name,
        metadata=execution.caller_metadata,
        progress=Progress(**progress(execution.files)),
        files=[FileBody.model_validate(file) for file in execution.files],
        **same,
    ).model_dump(mode="json")


def execution_body(execution: Execution) -> dict[str, Any]:
    """Ready for JSON, for the caller of the current request."""
    return {**execution_state(execution), "links": links_of(execution.id)}


def links_of(execution_id: UUID) -> dict[str, str]:
    """With the prefix under which a proxy shows us."""
    itself = f"{request.script_root}/v1/executions/{execution_id}"
    return {"self": itself, **{name: f"{itself}/{name}" for name in Links.model_fields if name != "self_"}}


_INSTANTS = ("created_at", "sealed_at", "started_at", "ended_at", "deadline_at", "expires_at")
_SAME = ("id", "status", "workflow", "workflow_version", "tags", "error", "rerun_of", *_INSTANTS)

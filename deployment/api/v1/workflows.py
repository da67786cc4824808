"""Workflows: what can be deployed here, with the JSON Schema of its options."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from deployment.api.errors import refused
from deployment.api.v1.route import route
from deployment.models import Scope
from deployment.parts import current_parts as parts
from workflows import UnknownWorkflow, Workflow

TAG = "Workflows"


class WorkflowPath(BaseModel):
    """`/workflows/{name}`."""

    name: str


class WorkflowBody(BaseModel):
    """What can be deployed."""

    name: str
    version: str
    description: str
    accepts: list[str] = Field(description="media types, as `text/*`")
    time_limit: float = Field(description="seconds for one file")
    memory_limit: int = Field(description="MiB for one file")
    options: dict[str, Any] = Field(description="JSON Schema")


class Workflows(BaseModel):
    """All of them, by name."""

    workflows: list[WorkflowBody]


@route("get", "/workflows", Scope.READ, tag=TAG, replies={200: Workflows})
def list_workflows() -> Workflows:
    """The workflows of this installation."""
    return Workflows(workflows=[_body(workflow) for workflow in parts().workflows])


@route("get", "/workflows/<name>", Scope.READ, tag=TAG, replies={200: WorkflowBody}, problems=(404,))
def get_workflow(path: WorkflowPath) -> WorkflowBody:
    """One workflow."""
    try:
        return _body(parts().workflows.get(path.name))
    except UnknownWorkflow:
        raise refused(404, "not_found", "Workflow not found") from None


def _body(workflow: Workflow) -> WorkflowBody:
    same = ("name", "version", "description", "time_limit", "memory_limit")
    schema = workflow.options_model.model_json_schema()
    return WorkflowBody(
        accepts=list(workflow.accepts), options=schema, **{name: getattr(workflow, name) for name in same}
    )

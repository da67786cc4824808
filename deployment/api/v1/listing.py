"""Lists of executions over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from flask import request
from pydantic import BaseModel, Field

from deployment.api.errors import FieldError, invalid
from deployment.api.v1.execution_body import Status
from deployment.api.v1.paging import PageQuery
from deployment.api.v1.parameters import METADATA_FILTER
from deployment.api.v1.rights import current_key
from deployment.api.v1.route import path_to, route
from deployment.api.v1.types import Instant, Name, Text
from deployment.deployments import deployment_named
from deployment.listing import Filters, Label, page
from deployment.models import Execution, Scope
from deployment.models.label import METADATA, TAG, VALUE_LENGTH
from deployment.parts import current_parts as parts

LABELS = 10
"""Tags and metadata that one question may name."""
Word = Annotated[Text, Field(max_length=VALUE_LENGTH)]


class ListQuery(PageQuery):
    """Which executions."""

    status: list[Status] = Field([], max_length=6, description="any of these")
    deployment: Name | None = None
    tag: list[Word] = Field([], max_length=LABELS, description="all of these")
    created_after: Instant | None = Field(None, description="at this instant, or later")
    created_before: Instant | None = Field(None, description="before this instant")


class Summary(BaseModel):
    """An execution in a list."""

    id: UUID
    status: Status
    organization: str
    deployment: str
    workflow: str
    tags: list[str]
    metadata: dict[str, Any]
    error: str | None
    rerun_of: UUID | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    expires_at: datetime | None
    total_files: int
    open_files: int = Field(description="files that have not ended")
    link: str = Field(description="where it is shown whole")


class PageLinks(BaseModel):
    """Where to go on."""

    next: str | None = Field(description="the next page of the same question; null on the last page")


class Page(BaseModel):
    """A page of executions, the newest first."""

    executions: list[Summary]
    next_cursor: str | None = Field(description="null on the last page")
    links: PageLinks


@route(
    "get",
    "/executions",
    Scope.READ,
    tag="Executions",
    replies={200: Page},
    parameters=(METADATA_FILTER,),
)
def list_executions(query: ListQuery) -> Page:
    """The executions that this key may see, the newest first, those that were deleted left out."""
    behind = query.behind(datetime, UUID)
    with parts().database.reading() as session:
        filters = _filters(session, query)
        found = page(session, filters, (behind[0], behind[1]) if behind else None, query.enough) if filters else []
    shown, more = query.cut(found, lambda run: [run.created_at, run.id])
    links = PageLinks(next=_same_question(more) if more else None)
    return Page(executions=[_summary(run) for run in shown], next_cursor=more, links=links)


def _filters(session: Any, query: ListQuery) -> Filters | None:
    """None where nothing can be found: the deployment is not there, or not to be seen."""
    key, deployment_id = current_key(), current_key().deployment_id
    if query.deployment is not None:
        named = deployment_named(session, key.organization_id, query.deployment)
        if named is None or deployment_id not in (None, named.id):
            return None
        deployment_id = named.id
    return Filters(
        key.organization_id, deployment_id, query.status, _labels(query), query.created_after, query.created_before
    )


def _labels(query: ListQuery) -> list[Label]:
    """Tags, and `metadata[key]=value`, which no pydantic model can name."""
    found = [(TAG, tag) for tag in query.tag]
    for name, value in request.args.items(multi=True):
        if name.startswith("metadata[") and name.endswith("]"):
            found.append((METADATA + name[len("metadata[") : -1], value))
    if any(not (name + value).isprintable() or len(name) > VALUE_LENGTH for name, value in found):
        raise invalid(FieldError("invalid", "Must be printable text of at most 200 characters.", "metadata"))
    if len(found) > LABELS:
        raise invalid(FieldError("max_length", f"At most {LABELS} tags and metadata can be named.", "metadata"))
    return found


def _same_question(cursor: str) -> str:
    asked = [(name, value) for name, value in request.args.items(multi=True) if name != "cursor"]
    return f"{path_to('list_executions')}?{urlencode([*asked, ('cursor', cursor)])}"


def _summary(execution: Execution) -> Summary:
    same = {name: getattr(execution, name) for name in Summary.model_fields if hasattr(Execution, name)}
    same |= {"deployment": execution.deployment.name, "metadata": execution.caller_metadata}
    link = path_to("get_execution", execution_id=execution.id)
    return Summary(**same, organization=execution.deployment.organization.name, link=link)

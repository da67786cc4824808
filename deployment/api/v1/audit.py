"""The audit: who has changed keys, deployments, webhooks, or has deleted an execution."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict

from deployment.api.errors import refused
from deployment.api.v1.paging import PageQuery
from deployment.api.v1.rights import current_key
from deployment.api.v1.route import route
from deployment.models import AuditLine, Scope
from deployment.parts import current_parts as parts


class AuditBody(BaseModel):
    """One change."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    actor: str
    action: str
    subject: str
    details: dict[str, Any]


class Audit(BaseModel):
    """A page of changes, the newest first."""

    changes: list[AuditBody]
    next_cursor: str | None


@route("get", "/audit", Scope.MANAGE, tag="Keys", replies={200: Audit})
def list_changes(query: PageQuery) -> Audit:
    """What was changed in the organisation of this key, and by whom."""
    key = current_key()
    if key.deployment_id is not None:
        raise refused(403, "permission_denied", "This API key is one of a deployment; the audit is the organisation's.")
    lines = sa.select(AuditLine).where(AuditLine.organization_id == key.organization_id)
    if behind := query.behind(int):
        lines = lines.where(AuditLine.id < min(behind[0], 2**31 - 1))
    with parts().database.reading() as session:
        found = session.scalars(lines.order_by(AuditLine.id.desc()).limit(query.enough)).all()
    shown, more = query.cut(found, lambda line: [line.id])
    return Audit(changes=[AuditBody.model_validate(line) for line in shown], next_cursor=more)

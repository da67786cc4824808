"""The audit: who has changed what."""

from __future__ import annotations

import sqlalchemy as sa
from flask import render_template, request, url_for
from pydantic import ValidationError

from deployment.api.errors import invalid
from deployment.api.v1.paging import PageQuery
from deployment.api.v1.problem import breaches
from deployment.console.page import page
from deployment.console.people import person
from deployment.models import AuditLine, Role
from deployment.parts import current_parts as parts


@page("/audit", Role.ADMINISTRATOR)
def audited() -> str:
    """The newest lines first: those of one's organisation, or all."""
    try:
        asked = PageQuery.model_validate(dict(request.args))
    except ValidationError as error:
        raise invalid(*breaches(error)) from None
    lines = sa.select(AuditLine).order_by(AuditLine.id.desc()).limit(asked.enough)
    if person().organization_id is not None:
        lines = lines.where(AuditLine.organization_id == person().organization_id)
    if behind := asked.behind(int):
        lines = lines.where(AuditLine.id < behind[0])
    with parts().database.reading() as session:
        shown, more = asked.cut(session.scalars(lines).all(), lambda line: [line.id])
    return render_template(
        "console/audit.html", lines=shown, older=url_for("console.audited", cursor=more) if more else None
    )

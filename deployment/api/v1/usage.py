"""What executions have cost, over HTTP."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from deployment.api.errors import FieldError, invalid
from deployment.api.v1.rights import current_key
from deployment.api.v1.route import route
from deployment.clock import utcnow
from deployment.models import ApiKey, Deployment, Scope
from deployment.parts import current_parts as parts
from deployment.usage import By, usage_of

LONGEST = 366
USUAL = timedelta(days=30)


class UsageQuery(BaseModel):
    """Which days, by which executions were accepted (UTC), and what to tell apart."""

    model_config = ConfigDict(populate_by_name=True)

    first: date | None = Field(None, alias="from", description="left out: 30 days before `to`")
    last: date | None = Field(None, alias="to", description="left out: today")
    by: list[By] = Field([By.DAY], max_length=3)


class UsageRow(BaseModel):
    """Sums for one day, deployment or key, as far as these are told apart."""

    day: date | None = None
    deployment: str | None = None
    key: str | None = Field(None, description="its prefix; null also where an operator has run something again")
    executions: int
    completed: int
    error: int
    stopped: int
    files: int
    pages: int = Field(description="of files that succeeded, where their workflow counts pages")
    bytes: int = Field(description="of the files as they were sent")
    seconds: float = Field(description="that workers had files in hand")


class UsageBody(BaseModel):
    """What executions have cost that have ended; those that failed before they came to the workers are not counted."""

    model_config = ConfigDict(populate_by_name=True)

    first: date = Field(alias="from")
    last: date = Field(alias="to")
    rows: list[UsageRow]


@route("get", "/usage", Scope.READ, tag="Usage", replies={200: UsageBody})
def get_usage(query: UsageQuery) -> UsageBody:
    """What the executions that this key may see have cost, by day, deployment or key."""
    first, last = _days(query)
    key = current_key()
    with parts().database.reading() as session:
        found = usage_of(session, key.organization_id, key.deployment_id, first, last, query.by)
        rows = _named(session, found)
    return UsageBody.model_validate({"from": first, "to": last, "rows": rows})


def _days(query: UsageQuery) -> tuple[date, date]:
    last = query.last or utcnow().date()
    first = query.first or last - min(USUAL, last - date.min)
    if not 0 <= (last - first).days < LONGEST:
        raise invalid(FieldError("invalid", f"Ask for 1 to {LONGEST} days.", "from"))
    return first, last


def _named(session: Session, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Names in the place of ids; those of deployments and keys that are deleted as well."""
    for name, column in ((By.DEPLOYMENT, Deployment.name), (By.KEY, ApiKey.prefix)):
        ids = {row[name] for row in rows if row.get(name)}
        question = sa.select(column.class_.id, column).where(column.class_.id.in_(ids))
        names: dict[Any, str] = {row[0]: row[1] for row in session.execute(question)} if ids else {}
        for row in rows:
            if name in row:
                row[name] = names.get(row[name])
    return rows

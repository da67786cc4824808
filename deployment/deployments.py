"""Deployments: a workflow with options, under a name in an organisation; made and changed by `flask deploy`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload

from deployment.issuing import COMMAND_LINE, create_key
from deployment.models import ApiKey, Deployment, Organization, audit
from deployment.webhooks import set_webhook
from workflows import Workflow

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""What organisations and deployments may be called; it stands in a path."""


CALLED = (
    sa.select(Deployment)
    .join(Deployment.organization)
    .where(
        Organization.name == sa.bindparam("organization"),
        Deployment.name == sa.bindparam("name"),
        Deployment.deleted_at.is_(None),
    )
    .options(contains_eager(Deployment.organization))
)
"""The question for the deployment of these names, with its organisation: once for all, as every request asks it."""
_ORGANIZATION = sa.select(Organization).where(Organization.name == sa.bindparam("name"))


class InvalidName(ValueError):
    """A name begins with a letter or digit, then letters, digits, '_' and '-', 64 characters at most."""


@dataclass(frozen=True)
class Deployed:
    """A deployment, and its first key and its webhook's secret if this call made them: the only time to read them."""

    deployment: Deployment
    new_key: str | None
    new_webhook_secret: str | None


def deploy(
    session: Session,
    organization: str,
    name: str,
    workflow: Workflow,
    options: Mapping[str, object],
    *,
    limit: int | None = None,
    single_use: bool = False,
    keep_inputs: bool | None = None,
    webhook: str | None = None,
    private_webhooks: bool = False,
    by: str = COMMAND_LINE,
) -> Deployed:
    """Create or update a deployment, and its organisation; `limit` is the organisation's live executions.

    `keep_inputs` of its runs, against `KEEP_INPUTS`; None leaves it as it is.
    `webhook` is as `set_webhook` has it; None leaves the endpoints as they are. Raises `InvalidName`, `InvalidUrl`, and
    `workflows.InvalidOptions` when the options do not fit the workflow.
    """
    for text in (organization, name):
        if not NAME.fullmatch(text):
            raise InvalidName(f"{text!r} is not a name. {InvalidName.__doc__}")
    parsed = workflow.parse_options(dict(options)).model_dump(mode="json")
    row, new = _found_or_made(session, organization, name)
    if limit is not None:
        row.organization.concurrency = limit
    row.workflow, row.options, row.single_use = workflow.name, parsed, single_use
    row.keep_inputs = row.keep_inputs if keep_inputs is None else keep_inputs
    session.flush()
    audit(session, row.organization_id, by, "deployment.deployed", name, workflow=workflow.name)
    new_secret = None if webhook is None else set_webhook(session, row, webhook, by=by, private=private_webhooks)
    new_key = create_key(session, row.organization, row, by=by) if new or not _has_key(session, row) else None
    return Deployed(row, new_key, new_secret)


def change_deployment(session: Session, deployment_id: UUID, *, by: str, **to: Any) -> Deployment:
    """Change columns, for the runs to come: `active`, `single_use`, `keep_inputs`, `workflow`, and parsed `options`."""
    loaded = joinedload(Deployment.organization)
    row = session.get_one(Deployment, deployment_id, options=[loaded])
    for name, value in to.items():
        setattr(row, name, value)
    audit(session, row.organization_id, by, "deployment.changed", row.name, changed=sorted(to))
    return row


def find_deployment(session: Session, organization: str, name: str) -> Deployment | None:
    """The deployment with its organisation, or None; names that nothing can be called are not even looked up."""
    if not can_be_called(organization, name):
        return None
    return session.scalar(CALLED, {"organization": organization, "name": name})


def can_be_called(organization: str, name: str) -> bool:
    """Whether these are names at all: others need not be looked up."""
    return bool(NAME.fullmatch(organization) and NAME.fullmatch(name))


def deployment_named(session: Session, organization_id: UUID, name: str) -> Deployment | None:
    """The deployment of that name in an organisation, or None."""
    here = (Deployment.organization_id == organization_id, Deployment.deleted_at.is_(None))
    return session.scalar(sa.select(Deployment).where(Deployment.name == name, *here))


def find_organization(session: Session, name: str) -> Organization | None:
    """The organisation of that name, or None."""
    return session.scalar(_ORGANIZATION, {"name": name})


def _found_or_made(session: Session, organization: str, name: str) -> tuple[Deployment, bool]:
    """The deployment, with its organisation, and whether it is new: then nothing more has to be asked about it."""
    owner = find_organization(session, organization)
    found = find_deployment(session, organization, name) if owner else None
    if found is not None:
        return found, False
    made = Deployment(organization=owner or Organization(name=organization), name=name)
    session.add(made)
    return made, True


def _has_key(session: Session, deployment: Deployment) -> bool:
    mine = sa.select(ApiKey.id).where(ApiKey.deployment_id == deployment.id, ApiKey.active)
    return session.scalar(mine.limit(1)) is not None

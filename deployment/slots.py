"""Slots: how many executions may be live at once, counted over the live rows themselves.

There is nothing to release, so nothing can leak: the terminal move frees the slot because it is the same write.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from deployment.models import LIVE, ApiKey, Execution, Installation, Organization, is_one_of
from deployment.policy import Policy

_COUNT = sa.func.count
_LIVE_COUNTS = sa.select(
    _COUNT().label("everyone"),
    _COUNT().filter(Execution.organization_id == sa.bindparam("organization")).label("organization"),
    _COUNT().filter(Execution.api_key_id == sa.bindparam("key")).label("key"),
).where(is_one_of(Execution.status, LIVE))

_ROWS = sa.select(Installation.id).join(Organization, Organization.id == sa.bindparam("organization"))
_LOCK = _ROWS.with_for_update()
_LOCK_WITH_KEY = _ROWS.join(ApiKey, ApiKey.id == sa.bindparam("key")).with_for_update()


class NoFreeSlot(Exception):
    """The limit of live executions is reached."""

    def __init__(self, whose: str, used: int, allowed: int) -> None:
        super().__init__(
            f"No free slot: {used} of {allowed} executions of {whose} are running. "
            "Try again when one of them has ended."
        )
        self.whose, self.used, self.allowed = whose, used, allowed


def lock_slots(session: Session, organization: Organization, key: ApiKey | None) -> None:
    """Let nobody else take a slot until this transaction ends.

    A count that is a later statement than the locks sees, in READ COMMITTED, what the last holder committed.
    PostgreSQL locks the rows of one statement in the order of its tables, which is the order of `lifecycle`.
    """
    if key is None:
        session.execute(_LOCK, {"organization": organization.id})
    else:
        session.execute(_LOCK_WITH_KEY, {"organization": organization.id, "key": key.id})


def look_for_slot(session: Session, organization: Organization, key: ApiKey | None, policy: Policy) -> None:
    """Raise `NoFreeSlot` if one more execution does not fit. Without the locks the answer is out of date at once."""
    asked = {"organization": organization.id, "key": key.id if key else None}
    counts = session.execute(_LIVE_COUNTS, asked).one()
    limits = [
        ("this installation", counts.everyone, policy.global_concurrency),
        ("this organization", counts.organization, organization.concurrency or policy.org_concurrency),
    ]
    if key is not None and key.concurrency is not None:
        limits.append(("this API key", counts.key, key.concurrency))
    for whose, used, allowed in limits:
        if used >= allowed:
            raise NoFreeSlot(whose, used, allowed)

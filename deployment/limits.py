"""Limits of an API key over time: requests in a minute, uploaded bytes in a day.

What is live at once is limited by the rows themselves, in `slots`, exactly. These two are counted elsewhere, fast, and
are let go when that is away: a limiter that cannot count must not become the outage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from deployment.models import ApiKey
from deployment.policy import Policy

MINUTE, DAY = 60, 24 * 3600
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Quota:
    """So much in so many seconds; `name` is that of the policy in the headers."""

    name: str
    amount: int
    seconds: int


@dataclass(frozen=True)
class Standing:
    """How a quota stands: what is `left`, and in how many seconds there is more."""

    quota: Quota
    within: bool
    left: int
    more_in: float


class Limiter(Protocol):
    """What counts. Both return None while it is away."""

    def take(self, quota: Quota, owner: str, cost: int = 1) -> Standing | None:
        """Count `cost` against a quota of `owner`, and say whether it was within it."""

    def look(self, quota: Quota, owner: str) -> Standing | None:
        """How a quota stands, without counting anything."""


def requests_of(key: ApiKey, policy: Policy) -> Quota | None:
    """How many requests a key may make; None: as many as it likes."""
    amount = key.requests_per_minute or policy.key_requests_per_minute
    return Quota("requests", amount, MINUTE) if amount else None


def uploads_of(key: ApiKey, policy: Policy) -> Quota | None:
    """How many bytes a key may upload; None: as many as it likes."""
    mebibytes = key.upload_mb_per_day or policy.key_upload_mb_per_day
    return Quota("upload-bytes", mebibytes * MEBIBYTE, DAY) if mebibytes else None

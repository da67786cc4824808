"""The first page: what runs, what has failed, how the parts are."""

from __future__ import annotations

from flask import render_template

from deployment import glance
from deployment.clock import utcnow
from deployment.console.page import page
from deployment.console.people import person
from deployment.console.pictures.durations import durations
from deployment.console.pictures.throughput import throughput
from deployment.health import readiness
from deployment.models import Role
from deployment.parts import current_parts as parts

DOTS = 150


@page("/", Role.VIEWER)
def overview() -> str:
    """At a glance: of one's organisation, or of all."""
    here, policy, now = person().organization_id, parts().policy, utcnow()
    health = readiness(parts())
    with parts().database.reading() as session:
        return render_template(
            "console/overview.html",
            health=health,
            live=glance.live_counts(session, here),
            oldest=glance.oldest_waiting(session, here),
            overdue=glance.overdue(session, here, policy),
            failures=glance.failures_by_kind(session, here),
            throughput=throughput(glance.accepted_by_hour(session, here, now), now),
            durations=durations(glance.newest_ended(session, here, DOTS)),
            slots=glance.slots_in_use(session, here, policy),
            most=policy.global_concurrency,
        )

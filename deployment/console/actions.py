"""What a person can do to an execution: stop it, run it again, delete it, send its messages again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for

from deployment import lifecycle
from deployment.console.page import form
from deployment.console.people import actor, nothing, visible_run
from deployment.deletion import delete_run
from deployment.kept_inputs import NotRerunnable
from deployment.models import Delivery, Role, audit
from deployment.parts import current_parts as parts
from deployment.reruns import Which, rerun
from deployment.slots import NoFreeSlot
from deployment.stop import AlreadyEnded, stop
from guards import outcome_of


@form("/executions/<uuid:execution_id>/stop", Role.OPERATOR)
def stop_execution(execution_id: UUID) -> Any:
    """End it, at once."""
    run = visible_run(execution_id)
    try:
        stop(parts(), run.id, actor())
        flash("It is stopped.", "success")
    except AlreadyEnded as error:
        flash(str(error), "warning")
    return _back_to(run.id)


@form("/executions/<uuid:execution_id>/rerun", Role.OPERATOR)
def rerun_execution(execution_id: UUID) -> Any:
    """Run its files again, all or those that have failed, as a new one."""
    first = visible_run(execution_id)
    which = Which.FAILED if request.form.get("files") == Which.FAILED else Which.ALL
    try:
        new = rerun(parts(), first, which)
    except (NotRerunnable, NoFreeSlot) as error:
        flash(str(error), "danger")
        return _back_to(first.id)
    except Exception as error:
        if (outcome := outcome_of(error)) is None:
            raise
        new = outcome.run  # its row says what became of it, and its page shows that
    with parts().database.writing() as session:
        audit(session, first.organization_id, actor(), "execution.rerun", str(first.id), new=str(new))
    flash("This is the new one.", "success")
    return _back_to(new)


@form("/executions/<uuid:execution_id>/delete", Role.OPERATOR)
def delete_execution(execution_id: UUID) -> Any:
    """Delete what is stored of it, and what its caller said of it."""
    run = visible_run(execution_id)
    if run.live:
        flash(f"It is {run.status}: stop it first, or wait for its end.", "warning")
        return _back_to(run.id)
    gone = delete_run(parts(), run.id, actor())
    flash("It is deleted." if gone else "It is deleted; the storage follows as soon as it answers.", "success")
    return _back_to(run.id)


@form("/executions/<uuid:execution_id>/deliveries/<uuid:delivery_id>/redeliver", Role.OPERATOR)
def redeliver(execution_id: UUID, delivery_id: UUID) -> Any:
    """Send a message once more."""
    run = visible_run(execution_id)
    with parts().database.writing() as session:
        delivery = session.get(Delivery, delivery_id)
        if delivery is None or delivery.execution_id != run.id:
            raise nothing("delivery")
        again = lifecycle.redeliver(session, delivery_id)
        if again:
            audit(session, run.organization_id, actor(), "delivery.redelivered", str(delivery_id))
    flash("It is sent again." if again else "It is being sent anyway.", "success" if again else "warning")
    return _back_to(run.id)


def _back_to(execution_id: UUID) -> Any:
    return redirect(url_for("console.execution", execution_id=execution_id), 303)

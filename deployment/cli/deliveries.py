"""`flask deliveries`: which webhooks were sent, which were given up, and sending one again."""

from __future__ import annotations

from uuid import UUID

import click
import sqlalchemy as sa

from deployment import lifecycle
from deployment.cli.output import json_option, show_row, show_rows
from deployment.models import Delivery, DeliveryStatus
from deployment.parts import current_parts


@click.group("deliveries")
def deliveries_commands() -> None:
    """Look at webhook deliveries, and send one again."""


@deliveries_commands.command("list")
@click.option("--status", type=click.Choice([str(status) for status in DeliveryStatus]))
@click.option("--execution", "execution_id", type=click.UUID, help="Of this execution only.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@json_option
def list_deliveries(status: str | None, execution_id: UUID | None, limit: int, as_json: bool) -> None:
    """List deliveries, the newest first."""
    question = sa.select(Delivery).order_by(Delivery.created_at.desc()).limit(limit)
    if status:
        question = question.where(Delivery.status == status)
    if execution_id:
        question = question.where(Delivery.execution_id == execution_id)
    with current_parts().database.reading() as session:
        rows = [_row(delivery) for delivery in session.scalars(question)]
    show_rows(rows, as_json, "no deliveries")


@deliveries_commands.command("redeliver")
@click.argument("delivery_id", metavar="ID", type=click.UUID)
@json_option
def redeliver(delivery_id: UUID, as_json: bool) -> None:
    """Send a delivery once more, whether it was delivered or given up."""
    with current_parts().database.writing() as session:
        if not lifecycle.redeliver(session, delivery_id):
            raise click.UsageError(f"There is no delivery {delivery_id}, or it is being tried anyway.")
    show_row({"redelivering": delivery_id}, as_json)


def _row(delivery: Delivery) -> dict[str, object]:
    return {
        "id": delivery.id,
        "execution": delivery.execution_id,
        "status": delivery.status,
        "url": delivery.url.partition("?")[0],
        "tries": delivery.tries,
        "error": delivery.error,
        "due_at": delivery.due_at.isoformat(timespec="seconds") if delivery.due_at else None,
    }

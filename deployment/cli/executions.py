"""`flask executions`: what ran, how it ended and why."""

from __future__ import annotations

from uuid import UUID

import click
import sqlalchemy as sa

from deployment.cli.command import group
from deployment.cli.output import json_option, show_row, show_rows
from deployment.executions import find_execution
from deployment.kept_inputs import NotRerunnable, keeps_inputs
from deployment.listing import Filters, page
from deployment.models import Execution, ExecutionFile, ExecutionStatus, LogLine
from deployment.parts import current_parts
from deployment.reruns import Which, rerun
from deployment.slots import NoFreeSlot
from deployment.stop import AlreadyEnded, NoSuchExecution, stop
from guards import outcome_of


@group("executions")
def executions_commands() -> None:
    """Look at executions."""


@executions_commands.command("list")
@click.option("--status", type=click.Choice([str(status) for status in ExecutionStatus]))
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@json_option
def list_executions(status: str | None, limit: int, as_json: bool) -> None:
    """List executions, the newest first, without those that were deleted on request."""
    with current_parts().database.reading() as session:
        found = page(session, Filters(None, statuses=[status] if status else []), None, limit)
    rows = [
        {
            "id": execution.id,
            "status": execution.status,
            "deployment": f"{execution.deployment.organization.name}/{execution.deployment.name}",
            "created_at": execution.created_at.isoformat(timespec="seconds"),
            "files": execution.total_files,
            "error": execution.error,
        }
        for execution in found
    ]
    show_rows(rows, as_json, "no executions")


@executions_commands.command("show")
@click.argument("execution_id", metavar="ID", type=click.UUID)
@json_option
def show(execution_id: UUID, as_json: bool) -> None:
    """Show one execution: its state, its files, and its log."""
    execution = find_execution(current_parts(), execution_id)
    if execution is None:
        raise click.UsageError(f"There is no execution {execution_id}.")
    row = {
        "id": execution.id,
        "status": execution.status,
        "error": execution.error,
        "deployment": f"{execution.deployment.organization.name}/{execution.deployment.name}",
        "created_at": execution.created_at.isoformat(),
        "ended_at": execution.ended_at.isoformat() if execution.ended_at else None,
        "ended_by": execution.ended_by,
        "deadline_at": execution.deadline_at.isoformat(),
        "rerun_of": execution.rerun_of,
        "inputs_kept_until": _kept_until(execution),
    }
    files, lines = [_file(file) for file in execution.files], _log(execution)
    if as_json:
        show_row({**row, "files": files, "log": lines}, as_json)
        return
    show_row(row, as_json)
    click.echo()
    show_rows(files, as_json, "no files")
    click.echo()
    show_rows(lines, as_json, "no log")


@executions_commands.command("stop")
@click.argument("execution_id", metavar="ID", type=click.UUID)
@json_option
def stop_execution(execution_id: UUID, as_json: bool) -> None:
    """Stop an execution that has not ended yet."""
    try:
        stop(current_parts(), execution_id, by="an operator")
    except NoSuchExecution as error:
        raise click.UsageError(str(error)) from None
    except AlreadyEnded as error:
        raise click.ClickException(str(error)) from None
    show_row({"id": execution_id, "status": ExecutionStatus.STOPPED}, as_json)


@executions_commands.command("rerun")
@click.argument("execution_id", metavar="ID", type=click.UUID)
@click.option("--failed", is_flag=True, help="Only the files that have no result.")
@json_option
def rerun_execution(execution_id: UUID, failed: bool, as_json: bool) -> None:
    """Run the files of an ended execution again, as a new one; its inputs must have been kept."""
    first = find_execution(current_parts(), execution_id)
    if first is None:
        raise click.UsageError(str(NoSuchExecution(execution_id)))
    try:
        new_id = rerun(current_parts(), first, Which.FAILED if failed else Which.ALL)
    except (NotRerunnable, NoFreeSlot) as error:
        raise click.ClickException(str(error)) from None
    except Exception as error:
        outcome = outcome_of(error)
        if outcome is None:
            raise
        told = "has failed" if outcome.failed else "may have failed"
        raise click.ClickException(f"The rerun, execution {outcome.run}, {told}: {outcome.reason}") from error
    show_row({"id": new_id, "status": ExecutionStatus.QUEUED, "rerun_of": execution_id}, as_json)


def _kept_until(execution: Execution) -> str | None:
    """Of a run that is live: nobody knows yet."""
    kept = not execution.live and keeps_inputs(execution) and execution.purged_at is None
    return execution.expires_at.isoformat() if kept and execution.expires_at else None


def _file(file: ExecutionFile) -> dict[str, object]:
    return {
        "file": file.ordinal + 1,
        "name": file.name,
        "status": file.status,
        "size": file.size,
        "attempt": file.attempt,
        "losses": file.losses,
        "retries": file.retries,
        "retry_at": file.retry_at.isoformat(timespec="seconds") if file.retry_at else None,
        "error": file.error,
    }


def _log(execution: Execution) -> list[dict[str, object]]:
    ordinals = {file.id: file.ordinal + 1 for file in execution.files}
    with current_parts().database.reading() as session:
        lines = session.scalars(
            sa.select(LogLine).where(LogLine.execution_id == execution.id).order_by(LogLine.id)
        ).all()
    return [
        {
            "at": line.at.isoformat(timespec="milliseconds"),
            "level": line.level,
            "file": ordinals.get(line.file_id) if line.file_id else None,
            "message": line.message,
        }
        for line in lines
    ]

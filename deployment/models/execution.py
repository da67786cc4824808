"""One run of a deployment. `lifecycle` alone writes `status` and what hangs on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from deployment.database import Model
from deployment.models.file import ExecutionFile
from deployment.models.states import LIVE, ExecutionStatus
from deployment.models.tenancy import Deployment

LIVE_SQL = "status IN ('PENDING', 'QUEUED', 'EXECUTING')"
CLEANUP_SQL = "cleanup_due_at IS NOT NULL"
FORGET_SQL = "forget_at IS NOT NULL"
IDEMPOTENT_SQL = "idempotency_key IS NOT NULL"
KEPT_SQL = "expires_at IS NOT NULL AND purged_at IS NULL"
LISTED_SQL = "deleted_at IS NULL"


def _listed(name: str, *columns: str) -> sa.Index:
    """Without the deleted ones: a caller that deletes all its runs would have each page look through them."""
    where = sa.text(LISTED_SQL)
    return sa.Index(name, *columns, "created_at", "id", postgresql_where=where, sqlite_where=where)


class Execution(Model):
    """A live row has a lease and a deadline; a terminal one has an end, and a reason if it is an ERROR."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organization_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organization.id"))
    deployment_id: Mapped[UUID] = mapped_column(sa.ForeignKey("deployment.id"))
    api_key_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    workflow: Mapped[str] = mapped_column(sa.String(64))
    workflow_version: Mapped[str] = mapped_column(sa.String(64))
    options: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    tags: Mapped[list[str]] = mapped_column(sa.JSON)
    custom_data: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    caller_metadata: Mapped[dict[str, Any]] = mapped_column("metadata", sa.JSON, default=dict, server_default="{}")
    """What the caller wants to find at the run again; no workflow sees it."""
    use_file_history: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether the caller takes the result of an earlier run of the same file."""

    idempotency_key: Mapped[str | None] = mapped_column(sa.String(255))
    """The caller's name for its request; given back by a run that ends before its seal."""
    idempotency_fingerprint: Mapped[str | None] = mapped_column(sa.String(64))

    rerun_of: Mapped[UUID | None]
    """The run whose files this one runs again. No reference: that run may be forgotten first."""
    keep_inputs: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether its inputs stay as long as its result: as it was decided when the run was accepted."""

    webhook_url: Mapped[str | None] = mapped_column(sa.Text)
    """Who is told of the end beside the deployment's endpoints: as the request has named it."""

    traceparent: Mapped[str | None] = mapped_column(sa.String(64))
    """Of the request that brought it (W3C Trace Context), where traces are on."""

    status: Mapped[str] = mapped_column(sa.String(16), default=ExecutionStatus.PENDING)
    error: Mapped[str | None] = mapped_column(sa.Text)
    ended_by: Mapped[str | None] = mapped_column(sa.String(64))
    """Who won the terminal move: `guard:<token>`, `worker`, `reconciler`, `stop`."""
    guard_token: Mapped[str] = mapped_column(sa.String(64))
    total_files: Mapped[int]
    open_files: Mapped[int]

    created_at: Mapped[datetime]
    sealed_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    deadline_at: Mapped[datetime]
    lease_expires_at: Mapped[datetime | None]
    cleanup_due_at: Mapped[datetime | None]
    cleanup_tries: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime | None]
    purged_at: Mapped[datetime | None]
    forget_at: Mapped[datetime | None]
    """When the row itself is to go, once all that it has stored is gone."""
    acknowledged_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    """When its caller had everything deleted: the row keeps what an audit needs, and none of the caller's words."""

    deployment: Mapped[Deployment] = relationship()
    files: Mapped[list[ExecutionFile]] = relationship(order_by="ExecutionFile.ordinal")

    __table_args__ = (
        sa.CheckConstraint(
            f"({LIVE_SQL} AND lease_expires_at IS NOT NULL AND ended_at IS NULL) OR "
            "(status IN ('COMPLETED', 'ERROR', 'STOPPED')"
            " AND lease_expires_at IS NULL AND ended_at IS NOT NULL AND ended_by IS NOT NULL)",
            name="live_has_lease",
        ),
        sa.CheckConstraint("status <> 'ERROR' OR (error IS NOT NULL AND error <> '')", name="error_has_reason"),
        sa.CheckConstraint("open_files BETWEEN 0 AND total_files", name="open_files_counted"),
        sa.CheckConstraint(
            "forget_at IS NULL OR (purged_at IS NOT NULL AND ended_at IS NOT NULL)", name="only_purged_is_forgotten"
        ),
        # The reconciler's and the accept's questions, each answered from an index of the few rows it is about.
        sa.Index(
            "ix_execution_overdue",
            "lease_expires_at",
            postgresql_where=sa.text(LIVE_SQL),
            sqlite_where=sa.text(LIVE_SQL),
        ),
        sa.Index(
            "ix_execution_slots",
            "organization_id",
            "api_key_id",
            postgresql_where=sa.text(LIVE_SQL),
            sqlite_where=sa.text(LIVE_SQL),
        ),
        sa.Index(
            "ix_execution_cleanup",
            "cleanup_due_at",
            postgresql_where=sa.text(CLEANUP_SQL),
            sqlite_where=sa.text(CLEANUP_SQL),
        ),
        sa.Index(
            "ix_execution_expiry",
            "expires_at",
            postgresql_where=sa.text(KEPT_SQL),
            sqlite_where=sa.text(KEPT_SQL),
        ),
        sa.Index(
            "ix_execution_forgetting",
            "forget_at",
            postgresql_where=sa.text(FORGET_SQL),
            sqlite_where=sa.text(FORGET_SQL),
        ),
        # A page of a list is a range of one of these, which ends in the cursor: when it was accepted, then the id.
        _listed("ix_execution_of_organization", "organization_id"),
        _listed("ix_execution_of_all"),
        _listed("ix_execution_of_all_status", "status"),
        _listed("ix_execution_of_status", "organization_id", "status"),
        _listed("ix_execution_of_deployment", "deployment_id", "status"),
        sa.Index(
            "ix_execution_idempotency",
            "api_key_id",
            "idempotency_key",
            unique=True,
            postgresql_where=sa.text(IDEMPOTENT_SQL),
            sqlite_where=sa.text(IDEMPOTENT_SQL),
        ),
    )

    @property
    def live(self) -> bool:
        return self.status in LIVE


_FILES = (
    sa.select(ExecutionFile)
    .where(ExecutionFile.execution_id == sa.bindparam("execution"))
    .order_by(ExecutionFile.ordinal)
)


def with_files(session: Session, execution: Execution | None) -> Execution | None:
    """The same run, its files loaded: `selectinload` asks the same, and needs three times the processor for it."""
    if execution is not None:
        files = session.scalars(_FILES, {"execution": execution.id}).all()
        set_committed_value(execution, "files", list(files))
    return execution


def is_one_of(status: sa.ColumnElement[str] | Mapped[str], statuses: Sequence[str]) -> sa.ColumnElement[bool]:
    """`status IN (…)` with the words in the SQL itself: with parameters SQLite would not use a partial index."""
    return status.in_(sa.bindparam(None, statuses, expanding=True, literal_execute=True))

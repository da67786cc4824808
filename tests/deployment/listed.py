"""Many runs for lists: most are alike, a few differ and come last, and the newest were deleted; what one may ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from deployment.database import Database
from deployment.deletion import delete_run
from deployment.listing import Filters, Position
from deployment.models import Execution, ExecutionLabel, LogLine
from tests.airlock import HELLO, Airlock, File
from tests.deployment.reconcile.crowd import crowd

BAD: File = ("bad.bin", b"\x00\x01\x02")
RED, SELDOM, CASE, NOBODYS = (("tag", word) for word in ("red", "seldom", "case", "nobodys"))
LONG_AGO = timedelta(days=60)


@dataclass(frozen=True)
class Listed:
    """Runs of one organisation, each kind accepted a second apart; `text` and `few` are deployments."""

    organization: UUID
    text: UUID
    few: UUID
    middle: Position
    """As many of the usual runs are before it as behind it."""

    @property
    def questions(self) -> dict[str, Filters]:
        """Each way to ask; "few" are runs that are far behind all others."""
        here, (at, _) = self.organization, self.middle
        return {
            "all": Filters(here),
            "all of everybody": Filters(None),
            "everybody's of a status": Filters(None, statuses=["COMPLETED"]),
            "everybody's of a status of few": Filters(None, statuses=["ERROR"]),
            "everybody's of a file": Filters(None, labels=[("file", HELLO[0])]),
            "everybody's of a file of few": Filters(None, labels=[("file", BAD[0])]),
            "an hour": Filters(here, after=at - timedelta(hours=1), before=at),
            "a status": Filters(here, statuses=["COMPLETED"]),
            "a status of few": Filters(here, statuses=["ERROR"]),
            "two statuses": Filters(here, statuses=["ERROR", "COMPLETED"]),
            "a status of nobody": Filters(here, statuses=["STOPPED"]),
            "a deployment": Filters(here, self.text),
            "a deployment of few": Filters(here, self.few),
            "a deployment, a status": Filters(here, self.text, ["COMPLETED"]),
            "a deployment, a status of few": Filters(here, self.text, ["ERROR"]),
            "a deployment of few, a status": Filters(here, self.few, ["COMPLETED"]),
            "a label": Filters(here, labels=[RED]),
            "a label of few": Filters(here, labels=[SELDOM]),
            "a label, one of few": Filters(here, labels=[RED, SELDOM]),
            "a label of nobody": Filters(here, labels=[RED, NOBODYS]),
            "a label of few, a status": Filters(here, None, ["COMPLETED"], [SELDOM]),
            "a label, a status of few": Filters(here, None, ["ERROR"], [RED]),
            "a label, a deployment of few": Filters(here, self.few, labels=[RED]),
            "a label, a deployment, an hour": Filters(
                here, self.text, ["COMPLETED"], [RED], at - timedelta(hours=1), at
            ),
        }


def listed(airlock: Airlock, times: int) -> Listed:
    """So many usual runs; a tenth as many deleted ones before them; a hundredth failed and a thousandth elsewhere."""
    few = Airlock(airlock.app, name="few")
    deleted = _many(airlock, HELLO, times // 10, -LONG_AGO, deleted=True)
    _many(airlock, BAD, times // 100, LONG_AGO / 2, tags="red")
    seldom = _many(few, HELLO, times // 1000, LONG_AGO, tags="red,seldom")
    usual = _many(airlock, HELLO, times, timedelta(), tags="red")
    assert deleted.deleted_at is not None
    middle = usual.created_at - timedelta(seconds=times // 2)
    return Listed(usual.organization_id, usual.deployment_id, seldom.deployment_id, (middle, usual.id))


def as_nobody_has_counted(database: Database) -> None:
    """As a database is that Airlock has filled: SQLite counts nothing by itself, and plans by the words alone."""
    if database.engine.dialect.name == "sqlite":
        with database.writing() as session:
            session.execute(sa.text("DELETE FROM sqlite_stat1"))
        database.dispose()


def _many(
    airlock: Airlock, file: File, times: int, before: timedelta, *, deleted: bool = False, **words: str
) -> Execution:
    """A run accepted `before` now, and copies of it, without a log."""
    run = airlock.accept([file], **words)
    airlock.work_here(run)
    if deleted:
        assert delete_run(airlock.parts, run, "test")
    at = airlock.run(run).created_at - before
    with airlock.parts.database.writing() as session:
        session.execute(sa.delete(LogLine).where(LogLine.execution_id == run))
        session.execute(sa.update(Execution).where(Execution.id == run).values(created_at=at))
        session.execute(sa.update(ExecutionLabel).where(ExecutionLabel.execution_id == run).values(created_at=at))
    crowd(airlock.parts.database, run, times, apart=1)
    return airlock.run(run)

"""`make soak`: clients submit while processes, servers and connections break at random; then come the promises.

`SOAK_MINUTES` (2) says how long. Short leases, so that many rescues fit in; a real PostgreSQL, Valkey and S3.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from app import create_app
from deployment.models import LIVE, Delivery, DeliveryStatus, Execution, ExecutionFile
from launcher.part import finish
from tests.airlock import Airlock, closing
from tests.eventually import eventually
from tests.faults.below import Below, servers
from tests.faults.clients import Client
from tests.faults.havoc import Havoc
from tests.faults.site import WEB, WORKER, Site
from tests.faults.tally import Tally
from tests.faults.verdict import counted, left_in_doubt, verdict

MINUTES = float(os.environ.get("SOAK_MINUTES", "2"))
CLIENTS, LIMIT = 12, 8
"""More clients than runs may be live, so that some are refused."""
PAUSE_SECONDS = (0.4, 2.0)
"""Between two strikes."""
LOOK_SECONDS = 0.02
"""Between two looks at how many runs are live."""
RECOVERY_SECONDS = 200
"""A webhook whose sender was killed is sent again after 60 s, one that failed three times after two minutes."""
SETTINGS = {
    "lease_seconds": "2",
    "reconcile_seconds": "0.5",
    "clock_skew_seconds": "0",
    "cleanup_grace": "4",
    "org_concurrency": str(LIMIT),
    "key_requests_per_minute": "0",  # all clients have one key, and the verdict looks at every run with it
    "private_webhooks": "true",
}


@dataclass(frozen=True)
class Soak:
    """An installation that runs, with a deployment in it; `airlock` looks at its parts past the proxies."""

    site: Site
    below: Below
    airlock: Airlock
    tally: Tally

    def run(self, seconds: float) -> None:
        """Clients call and things break for so long; then everything is started again and left alone."""
        over = threading.Event()
        clients = [Client(self.site.url, self.airlock.path, self.airlock.key, self.tally) for _ in range(CLIENTS)]
        with ThreadPoolExecutor(CLIENTS + 1) as threads:
            at_work = [threads.submit(client.call, over) for client in clients]
            at_work.append(threads.submit(self._count_live, over))
            try:
                self._strike(time.monotonic() + seconds)
            finally:
                over.set()
            for thread in at_work:
                thread.result()

    def recover(self) -> float:
        """Wait until nothing is under way; the seconds that it took."""
        began = time.monotonic()
        eventually(self._quiet, within=RECOVERY_SECONDS, every=0.1, what="everything to end")
        return time.monotonic() - began

    def _strike(self, ends: float) -> None:
        """In the main thread: see `Site`."""
        havoc, tally = Havoc(self.site, self.below), self.tally
        while (left := ends - time.monotonic()) > 0:
            time.sleep(min(random.uniform(*PAUSE_SECONDS), left))
            tally.strikes[havoc.strike()] += 1
            told = f"{left:4.0f} s left: {len(tally.accepted)} accepted, {tally.strikes.total()} strikes "
            print(f"\r{told}", end="", flush=True, file=sys.stderr)
        print(file=sys.stderr)
        self.site.start()

    def _count_live(self, over: threading.Event) -> None:
        live = _count(Execution, Execution.status.in_(LIVE))
        while not over.wait(LOOK_SECONDS):
            with suppress(OperationalError), self.airlock.parts.database.reading() as session:
                self.tally.live[session.scalar(live) or 0] += 1

    def _quiet(self) -> bool:
        rest = (
            (Execution, Execution.status.in_(LIVE)),
            (Execution, Execution.cleanup_due_at.is_not(None)),
            (Delivery, Delivery.status == DeliveryStatus.PENDING),
        )
        with self.airlock.parts.database.reading() as session:
            left = [
                session.scalar(sa.select(sa.func.count()).select_from(table).where(is_due)) for table, is_due in rest
            ]
        return not any(left) and not self.airlock.tickets()


@contextmanager
def soaking() -> Iterator[Soak]:
    """All of it, running."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="airlock-soak-")))
        below = stack.enter_context(servers())
        site = Site(folder, {"web": WEB, "worker": WORKER}, **SETTINGS, **below.urls_through_proxies)
        migrated = finish(["flask", "db", "upgrade"], site.environment, capture_output=True)
        assert migrated.returncode == 0, migrated.stdout
        app = stack.enter_context(closing(create_app(site.settings_with(**below.urls_past_proxies))))
        airlock = Airlock(app, name="soak", webhook=below.receiver.url, private_webhooks=True)
        stack.callback(_keep, site.log)
        yield Soak(stack.enter_context(site), below, airlock, Tally())


def main() -> int:
    """Soak, recover, check and print; 0 if every promise holds."""
    with soaking() as soak:
        soak.run(MINUTES * 60)
        seconds = soak.recover()
        broken = verdict(soak.airlock, soak.tally, list(soak.below.receiver.requests), LIMIT)
        for name, value in _ledger(soak, seconds).items():
            print(f"{name:<38}{value}")
        print(f"{'promises':<38}{counted(broken)}")
    for sentence in broken:
        print(f"BROKEN {sentence}")
    return 1 if broken else 0


def _ledger(soak: Soak, recovery: float) -> dict[str, object]:
    runs, tally = soak.airlock.rows(), soak.tally
    with soak.airlock.parts.database.reading() as session:
        attempts = Counter(session.scalars(sa.select(ExecutionFile.attempt)))
    seconds = sorted((run.ended_at - run.created_at).total_seconds() for run in runs if run.ended_at)
    return {
        "submitted": tally.submitted,
        "accepted": len(tally.accepted),
        "of these never sealed, told so later": len(left_in_doubt(tally, runs)),
        "replies": dict(sorted(tally.replies.items())),
        "kills and cuts": dict(sorted(tally.strikes.items())),
        "executions": dict(Counter(run.status for run in runs)),
        "reasons of errors": dict(
            Counter((run.error or "").partition(":")[0] for run in runs if run.status == "ERROR")
        ),
        "attempts of files": dict(sorted(attempts.items())),
        "most live at once": f"{tally.most_live} of {LIMIT} allowed, in {tally.live.total()} looks",
        "webhooks received": f"{len(soak.below.receiver.requests)} for {len(runs)} executions",
        "seconds to the end, median and worst": f"{seconds[len(seconds) // 2]:.2f}, {seconds[-1]:.2f}",
        "seconds until all had ended": f"{recovery:.1f}",
    }


def _count(table: type[Any], which: sa.ColumnElement[bool]) -> sa.Select[int]:
    return sa.select(sa.func.count()).select_from(table).where(which)


def _keep(log: Path) -> None:
    """Where it can be read after the end."""
    kept = Path(tempfile.gettempdir()) / "airlock-soak.log"
    shutil.copyfile(log, kept)
    print(f"the log of all processes: {kept}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())

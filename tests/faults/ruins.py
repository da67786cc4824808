"""An installation with the settings as they are by default, from which nearly everything is killed at once.

One web server and two supervisors with two workers each. What the bars say is measured from each kill to the moment
when the log of the run shows that it was noticed; the test's own process repairs nothing.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import httpx
import psutil
import sqlalchemy as sa

from deployment.clock import utcnow
from deployment.models import Execution, LogLine
from tests import loopback
from tests.airlock import make_app
from tests.eventually import eventually
from tests.faults.site import WEB, WORKER, Site
from tests.jobs.stage import Stage, parent_of
from tests.processes import family, kill_all
from tests.servers.s3_proxy import S3Proxy

RUNS = ("first", "second", "third")
"""One more than a supervisor has workers, so that each supervisor has one."""
PARTS = {"web": WEB, "worker-1": WORKER, "worker-2": WORKER}


@dataclass(frozen=True)
class Kill:
    """When something was killed, and a question: when was that noticed?"""

    at: datetime
    noticed_at: Callable[[], datetime | None]

    def seconds(self) -> float:
        """From the kill until it was noticed; infinite as long as it was not."""
        noticed = self.noticed_at()
        return (noticed - self.at).total_seconds() if noticed else float("inf")


class Ruins(Stage):
    """Three runs that do not end by themselves, in the hands of the workers of `site`."""

    site: Site
    storage: S3Proxy
    ids: dict[str, UUID]

    def begin(self) -> None:
        self.ids = {name: self.accept([self.act("hold", name)]) for name in RUNS}
        for name in RUNS:
            self.begun(name)

    def kill_a_work_horse(self) -> Kill:
        """And wait until another one is at it."""
        now = utcnow()
        kill_all([psutil.Process(self.pids("first")[-1])])
        self.begun("first", times=2)
        return Kill(now, lambda: self._told("first", "the work-horse was killed by SIGKILL", now))

    def kill_a_worker(self, name: str) -> Kill:
        """The one that has the run, with its work-horse; its supervisor lives."""
        return self._kill(family(parent_of(self.pids(name)[-1]).pid), name)

    def kill_a_supervisor(self, supervisor: psutil.Process, *names: str) -> list[Kill]:
        """With all that it has started."""
        return [self._kill(family(supervisor.pid), name) for name in names]

    def kill_the_web_server(self) -> Kill:
        """All of it, while a request stages a file and the storage hangs."""
        self.storage.hang("PUT /in/")
        caller = threading.Thread(target=self._post_in_vain)
        caller.start()
        eventually(lambda: self.storage.count("PUT /in/") > len(RUNS), what="the request to stage")
        now = utcnow()
        kill_all(self.site.family("web"))
        caller.join()
        return Kill(now, self._abandoned_at)

    def supervisors(self) -> dict[psutil.Process, list[str]]:
        """And which runs their workers have."""
        found = defaultdict(list)
        for name in RUNS:
            found[parent_of(parent_of(self.pids(name)[-1]).pid)].append(name)
        return found

    def abandoned(self) -> Execution:
        """The run whose request was killed."""
        return next(run for run in self.rows() if run.id not in self.ids.values())

    def _kill(self, victims: list[psutil.Process], name: str) -> Kill:
        now = utcnow()
        kill_all(victims)
        return Kill(now, lambda: self._told(name, "Claimed by worker", now))

    def _told(self, name: str, text: str, since: datetime) -> datetime | None:
        mine = (LogLine.execution_id == self.ids[name], LogLine.message.contains(text), LogLine.at > since)
        with self.parts.database.reading() as session:
            return session.scalar(sa.select(sa.func.min(LogLine.at)).where(*mine))

    def _abandoned_at(self) -> datetime | None:
        return self.abandoned().ended_at

    def _post_in_vain(self) -> None:
        with suppress(httpx.TransportError):
            loopback.post(f"{self.site.url}{self.path}", headers=self.headers, files={"files": b"text"}, timeout=60)


@contextmanager
def ruins(folder: Path, database_url: str, redis_url: str, storage: S3Proxy) -> Iterator[Ruins]:
    """Everything runs, and nothing has been killed yet."""
    servers = {"database_url": database_url, "redis_url": redis_url, "storage_url": storage.url}
    settings = {**servers, "workflows": "tests.jobs.acting"}
    with make_app(folder, **settings) as app, Site(folder, PARTS, **settings) as site:
        made = Ruins(app, "act")
        made.folder, made.site, made.storage = folder, site, storage
        eventually(lambda: made.parts.dispatcher.workers() == 4, within=30, what="four workers to register")
        yield made

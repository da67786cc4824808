"""What a soak does to an installation: one fault at a time, chosen at random, and whatever ended is started again."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

import psutil

from tests.faults.below import Below
from tests.faults.site import Site
from tests.servers.postgres import Postgres
from tests.servers.rclone import RcloneS3
from tests.servers.tcp_proxy import TcpProxy

AWAY_SECONDS = (0.1, 1.5)
"""How long a server refuses connections."""


class Havoc:
    """Strikes in the main thread, which starts processes: see `Site`."""

    def __init__(self, site: Site, below: Below) -> None:
        self._site, self._below = site, below
        self._strikes: dict[str, tuple[int, Callable[[], object]]] = {
            "web killed": (1, lambda: self._kill("web")),
            "worker killed": (1, lambda: self._kill("worker")),
            "web process killed": (1, lambda: self._kill_below("web")),
            "worker process killed": (3, lambda: self._kill_below("worker")),
            "valkey killed": (1, below.valkey.restart),
            "s3 killed": (1, lambda: _restart(below.s3)),
            "database killed": (1, lambda: _restart(below.postgres)),
            "receiver says 500": (1, lambda: below.receiver.answer([500])),
            **dict(self._of_connections()),
        }

    def strike(self) -> str:
        """Do one of them, start what has ended by it, and say what it was."""
        names = list(self._strikes)
        name = random.choices(names, [self._strikes[name][0] for name in names])[0]
        self._strikes[name][1]()
        self._site.start()
        return name

    def _of_connections(self) -> Iterator[tuple[str, tuple[int, Callable[[], object]]]]:
        for setting, proxy in self._below.proxies.items():
            name = setting.removesuffix("_url")
            yield f"{name} cut", (1, proxy.cut)
            yield f"{name} refuses", (1, partial(_refuse, proxy))
            yield f"{name} reply lost", (2, proxy.lose_reply)
            yield f"{name} request lost", (1, proxy.lose_request)

    def _kill(self, part: str) -> None:
        _kill_one(self._site.family(part)[:1])

    def _kill_below(self, part: str) -> None:
        _kill_one(self._site.family(part)[1:])


def _kill_one(processes: list[psutil.Process]) -> None:
    if processes:
        with suppress(psutil.NoSuchProcess):
            random.choice(processes).send_signal(signal.SIGKILL)


def _restart(server: Postgres | RcloneS3) -> None:
    server.kill()
    server.start()


def _refuse(proxy: TcpProxy) -> None:
    proxy.refuse()
    time.sleep(random.uniform(*AWAY_SECONDS))
    proxy.accept()

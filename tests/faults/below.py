"""What is below an installation in a soak: real servers, a proxy in front of each, and a receiver of its webhooks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tests.servers.postgres import Postgres
from tests.servers.postgres_binaries import postgres_binaries
from tests.servers.rclone import RcloneS3, rclone_binary
from tests.servers.receiver import Receiver
from tests.servers.tcp_proxy import TcpProxy
from tests.servers.valkey import Valkey, valkey_binary


@dataclass(frozen=True)
class Below:
    """`proxies` are named after the settings that their URLs are for."""

    postgres: Postgres
    valkey: Valkey
    s3: RcloneS3
    proxies: dict[str, TcpProxy]
    receiver: Receiver

    @property
    def urls_past_proxies(self) -> dict[str, str]:
        return {name: proxy.target for name, proxy in self.proxies.items()}

    @property
    def urls_through_proxies(self) -> dict[str, str]:
        return {name: proxy.url for name, proxy in self.proxies.items()}


@contextmanager
def servers() -> Iterator[Below]:
    """All that is needed; ends with a sentence where something is missing."""
    binaries, valkey_path, rclone = postgres_binaries(), valkey_binary(), rclone_binary()
    if not (binaries and valkey_path and rclone):
        raise SystemExit("The soak needs PostgreSQL, Valkey and rclone; `make test` says which is missing.")
    with ExitStack() as stack:
        postgres, valkey = stack.enter_context(Postgres(binaries)), stack.enter_context(Valkey(valkey_path))
        s3 = stack.enter_context(RcloneS3(rclone, keep_data=True))
        targets = {"database_url": postgres.url(), "redis_url": valkey.url, "storage_url": s3.fresh_bucket()}
        proxies = {name: stack.enter_context(TcpProxy(target)) for name, target in targets.items()}
        yield Below(postgres, valkey, s3, proxies, stack.enter_context(Receiver()))

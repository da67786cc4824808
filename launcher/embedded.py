"""The folder `$AIRLOCK_DATA/embedded`: held by one launcher at a time, it tells other shells' commands what runs.

Each setting is a file that only we can read. When the launcher has ended, only the secret key stays.
"""

from __future__ import annotations

import fcntl
import secrets
from pathlib import Path
from types import TracebackType

from launcher.part import PartFailed
from settings import embedded_settings

LOCK, SECRET_KEY = "lock", "secret_key"


class EmbeddedFolder:
    """Held while the block runs; raises `PartFailed` if another launcher holds it, or if it cannot be made."""

    def __init__(self, airlock_data: Path) -> None:
        self._data, self._folder = airlock_data, embedded_settings(airlock_data)

    def __enter__(self) -> EmbeddedFolder:
        try:
            for folder in (self._data, self._folder):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = (self._folder / LOCK).open("w")
        except OSError as error:
            raise PartFailed(f"AIRLOCK_DATA: {self._data} cannot be used ({error.strerror})") from None
        self._hold()
        self._forget()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._forget()
        self._lock.close()

    def secret_key(self) -> str:
        """The key that is kept from start to start, made at the first."""
        file = self._folder / SECRET_KEY
        return file.read_text() if file.exists() else secrets.token_urlsafe(32)

    def tell(self, **settings: str) -> None:
        """Let commands in other shells, with the same AIRLOCK_DATA, find these settings."""
        for name, value in settings.items():
            write_private(self._folder / name, value)

    def _hold(self) -> None:
        """Two installations on one folder would take each other's files away."""
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise PartFailed(f"Airlock runs already on {self._data}; set AIRLOCK_DATA to another folder") from None

    def _forget(self) -> None:
        """Also what a launcher that was killed could not take back."""
        for file in self._folder.iterdir():
            if file.name not in (LOCK, SECRET_KEY):
                file.unlink()


def write_private(file: Path, text: str) -> None:
    """Write a file that only we can read, whole or not at all."""
    draft = file.with_name(file.name + ".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(file)

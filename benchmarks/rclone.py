"""A real S3 server for a benchmark: `rclone serve s3` over a folder, which ends with the block."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from minio import Minio
from urllib3.exceptions import HTTPError

from launcher.part import Part
from launcher.valkey import free_port

KEY, SECRET, BUCKET = "bench", "benchmark", "bench"
STOP_SECONDS = 10


@dataclass(frozen=True)
class S3:
    """`url` is a STORAGE_URL; `client` is the SDK as it comes."""

    url: str
    client: Minio


@contextmanager
def s3_server(folder: Path) -> Iterator[S3]:
    """An empty bucket on loopback."""
    (folder / BUCKET).mkdir(parents=True)
    endpoint = f"127.0.0.1:{free_port()}"
    command = [str(Path(sys.executable).with_name("rclone")), "serve", "s3", str(folder)]
    command += ["--addr", endpoint, "--auth-key", f"{KEY},{SECRET}", "--vfs-cache-mode", "off", "--log-level", "ERROR"]
    client = Minio(endpoint, KEY, SECRET, secure=False, region="us-east-1")
    server = Part("rclone", command, os.environ, None)
    try:
        server.await_ready(lambda: _lacking(client))
        yield S3(f"s3://{KEY}:{SECRET}@{endpoint}/{BUCKET}?secure=false", client)
    finally:
        server.stop(time.monotonic() + STOP_SECONDS)


def _lacking(client: Minio) -> str:
    try:
        return "" if client.bucket_exists(BUCKET) else "the bucket"
    except (HTTPError, OSError) as error:
        return str(error)

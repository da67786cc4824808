"""What a large upload costs: memory of the web process, and the time to its seal beside the bare SDK with a file."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import httpx
import psutil
import sqlalchemy as sa

from benchmarks.installed import Installed, installed
from benchmarks.rclone import BUCKET, S3, s3_server
from benchmarks.row import Row
from deployment.models import Execution

MIB = 1024 * 1024
MOST_MEMORY = 150.0
"""MiB of a web process, whatever is uploaded."""
SLOWEST = 1 / 0.7
"""From the row to its seal, at least 0.7 of the speed of the bare SDK."""


def rows(quick: bool) -> Iterator[Row]:
    """One file of zeros, which no workflow takes: what is measured is over before a worker looks at it."""
    size = (16 if quick else 1024) * MIB
    with TemporaryDirectory(prefix="airlock-bench-") as home:
        file = Path(home) / "large.bin"
        with file.open("wb") as large:
            large.truncate(size)
        with s3_server(Path(home) / "buckets") as s3:
            yield from _to("S3", file, s3.url, "minio SDK, a local file", lambda: _bare_sdk(s3, file), SLOWEST)
        yield from _to("a folder", file, "", "a copy of the file", lambda: _bare_copy(file))


def _to(
    where: str, file: Path, storage_url: str, floor: str, bare: Callable[[], float], bar: float | None = None
) -> Iterator[Row]:
    rooms = {"max_upload_mb": 2 * file.stat().st_size // MIB, "web_concurrency": 1, "workers": 1}
    with installed(storage_url=storage_url, **rooms) as place:
        before = min(bare(), bare())
        _post(place, file)
        taken = _seconds_to_the_seal(place)
        memory = _peak_memory()
    title = f"{file.stat().st_size // MIB} MiB to {where}"
    yield Row(f"{title}: from the row to the seal", taken, floor, before, "s", bar)
    yield Row(f"{title}: peak memory of a web process", memory, "what it may take", MOST_MEMORY, "MiB", 1)


def _post(place: Installed, file: Path) -> None:
    with file.open("rb") as large:
        data = {"custom_data": f'{{"gate": "{place.gates}/all"}}'}
        headers = {"Authorization": f"Bearer {place.key}"}
        httpx.post(place.url, files={"files": large}, data=data, headers=headers, timeout=300).raise_for_status()


def _seconds_to_the_seal(place: Installed) -> float:
    with place.parts.database.reading() as session:
        run = session.scalars(sa.select(Execution).order_by(Execution.created_at.desc()).limit(1)).one()
    if run.sealed_at is None:
        raise SystemExit(f"the upload was not sealed: {run.error}")
    return (run.sealed_at - run.created_at).total_seconds()


def _peak_memory() -> float:
    """The most, in MiB, that any web process has had in memory at once."""
    below = psutil.Process().children(recursive=True)
    web = [process for process in below if "gunicorn" in " ".join(process.cmdline())]
    statuses = [Path(f"/proc/{process.pid}/status").read_text() for process in web]
    return max(int(found) for status in statuses for found in re.findall(r"VmHWM:\s+(\d+) kB", status)) / 1024


def _bare_sdk(s3: S3, file: Path) -> float:
    began = perf_counter()
    s3.client.fput_object(BUCKET, "bare", str(file))
    return perf_counter() - began


def _bare_copy(file: Path) -> float:
    """As the folder does it: through a buffer, and onto the disk."""
    copy = file.with_name("copy")
    began = perf_counter()
    with file.open("rb") as source, copy.open("wb") as target:
        while block := source.read(MIB):
            target.write(block)
        target.flush()
        os.fsync(target.fileno())
    taken = perf_counter() - began
    copy.unlink()
    return taken

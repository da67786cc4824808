"""How far a run has come, in numbers of files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from deployment.models import ExecutionFile, FileStatus

WORDS = {
    FileStatus.WAITING: "waiting",
    FileStatus.QUEUED: "queued",
    FileStatus.EXECUTING: "executing",
    FileStatus.SUCCESS: "successful",
    FileStatus.FAILED: "failed",
    FileStatus.STOPPED: "stopped",
}


def progress(files: Collection[ExecutionFile]) -> dict[str, int]:
    """`total`, and how many files stand where; these add up to it. After the end of a run no file is left open."""
    found = Counter(file.status for file in files)
    return {"total": len(files), **{word: found[status] for status, word in WORDS.items()}}

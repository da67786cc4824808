"""The memory that a workflow may take for one document: a limit of the kernel, on top of what the process has already.

It is RLIMIT_DATA, which counts what can be written to (heap, anonymous maps, stacks of threads): RLIMIT_AS counts
address space, too, of which libraries reserve much and use little. Where a library in C cannot go on without memory
it aborts the process; then the parent says what has happened.
"""

from __future__ import annotations

import re
import resource
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from workflows.errors import DocumentError

DATA_FIELD = 5
"""Of /proc/self/statm: pages of data and stack, as RLIMIT_DATA counts them."""
NEARLY = 0.9
"""The share of the limit that, once it was taken, explains any error: libxml2 calls want of memory broken XML."""


class MemoryLimitExceeded(DocumentError):
    """Carries the reason for the caller."""

    def __init__(self, megabytes: int) -> None:
        super().__init__(f"memory_limit_exceeded: the workflow needed more than its {megabytes} MiB of memory")


@contextmanager
def at_most(megabytes: int) -> Iterator[None]:
    """Let the block take so many MiB more; raises `MemoryLimitExceeded`. Without Linux there is no limit."""
    if sys.platform != "linux":
        yield
        return
    before, more = resource.getrlimit(resource.RLIMIT_DATA), megabytes * 2**20
    began = _resident_peak()
    _limit(_data() + more, before[1])
    try:
        yield
    except Exception as error:
        _limit(*before)
        if _is_for_memory(error) or _resident_peak(forget=False) - began > NEARLY * more:
            traceback.clear_frames(error.__traceback__)  # they hold what has filled the memory
            raise MemoryLimitExceeded(megabytes) from None
        raise
    finally:
        _limit(*before)


def _limit(soft: int, hard: int) -> None:
    bounded = soft if hard == resource.RLIM_INFINITY else min(soft, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (bounded, hard))


def _is_for_memory(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, MemoryError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _data() -> int:
    """Bytes that count for the limit now."""
    pages = Path("/proc/self/statm").read_text().split()[DATA_FIELD]
    return int(pages) * resource.getpagesize()


def _resident_peak(*, forget: bool = True) -> int:
    """The most memory that the process has held at once, in bytes; since it was last asked to forget (proc(5))."""
    if forget:
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmHWM:\s*(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0

"""The memory of a process of the tests: what it need not keep is given back, since each fork copies its page table."""

from __future__ import annotations

import ctypes
import gc
import sys

import psutil

MUCH = 128 * 1024**2
"""Bytes."""


def give_back() -> None:
    """Free what malloc holds for later; glibc only."""
    gc.collect()
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)


class Memory:
    """Remembers what the process had when it last gave something back."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._before = self._now()

    def give_back_what_was_added(self) -> None:
        """If that is much."""
        if self._now() > self._before + MUCH:
            give_back()
            self._before = self._now()

    def _now(self) -> int:
        return int(self._process.memory_info().rss)

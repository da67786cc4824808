"""What work on a document may cost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil


@contextmanager
def cheap(seconds: float = 5) -> Iterator[None]:
    """What is within takes less than a few seconds of the processor, and less than 300 MiB that it keeps."""
    began, memory = time.process_time(), psutil.Process().memory_info().rss
    yield
    assert time.process_time() - began < seconds
    assert psutil.Process().memory_info().rss - memory < 300 * 1024**2

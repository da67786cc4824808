"""A workflow that does not end by itself, so that a test may end what runs it."""

from __future__ import annotations

import threading

from workflows import Document, NoOptions, Result, workflow


@workflow(name="endless", version="1", accepts=["text/*"], time_limit=120)
def endless(document: Document, options: NoOptions) -> Result:
    """Waits."""
    threading.Event().wait()
    return Result({})

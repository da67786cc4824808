"""A workflow that holds its document until it is told to go on, by a file that appears."""

from __future__ import annotations

import time
from pathlib import Path

from workflows import Document, NoOptions, Result, workflow

LOOK_SECONDS = 0.005
OPEN = "all"
"""The gate beside a document's own that lets everything through."""


@workflow(name="held", version="1", accepts=["text/*"], time_limit=600)
def held(document: Document, _options: NoOptions) -> Result:
    """Waits for the file that `custom_data` names as its `gate`, or one named `all` beside it."""
    gate = Path(document.custom_data["gate"])
    while not (gate.exists() or gate.with_name(OPEN).exists()):
        time.sleep(LOOK_SECONDS)
    return Result({})

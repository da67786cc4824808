"""Where Chromium is: the browser of the tests, driven by Playwright."""

from __future__ import annotations

import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium_binary() -> Path | None:
    """The program, if it is on PATH."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return Path(found) if found else None

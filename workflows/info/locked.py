"""Office files that are protected with a password: that is all that can be seen of them."""

from __future__ import annotations

from pathlib import Path

from workflows.info.facts import Facts


def read(_path: Path, facts: Facts) -> None:
    facts.found.update(encrypted=True, locked=True)

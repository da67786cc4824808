"""`docs/guard.md`, taken apart: its code by section, its SQL statements by the name in their first comment."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

PATH = Path(__file__).resolve().parents[2] / "docs" / "guard.md"
FENCED = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def sections() -> dict[str, str]:
    """The text below each heading."""
    parts = re.split(r"^##+ (.+)$", PATH.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def code(language: str, text: str) -> list[str]:
    """The blocks of a language in `text`."""
    return [textwrap.dedent(block) for _, found, block in FENCED.findall(text) if found == language]


def statements() -> dict[str, str]:
    """The SQL statements: `-- claim` begins the one that is named `claim`."""
    blocks = code("sql", PATH.read_text())
    return {block.partition("\n")[0].removeprefix("-- "): block.rstrip().rstrip(";") for block in blocks}


def run_section(heading: str, namespace: dict[str, Any]) -> None:
    """Run the Python blocks of a section in `namespace`, as one file."""
    blocks = code("python", sections()[heading])
    exec(compile("\n".join(blocks), f"{PATH.name}: {heading}", "exec"), namespace)

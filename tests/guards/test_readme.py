"""What the library's README says is there, is there."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

import guards
from guards import Happening, Mark

README = (Path(guards.__file__).parent / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.strip().splitlines()[0][:40])
def test_every_example_is_python_and_imports_what_exists(block: str) -> None:
    tree = ast.parse(f"async def example():\n{_indented(block)}")
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("pre_dispatch_guard"):
            module = importlib.import_module(node.module.replace("pre_dispatch_guard", "guards"))
            assert all(hasattr(module, name.name) for name in node.names)


def _indented(block: str) -> str:
    return "".join(f"    {line}\n" for line in block.splitlines())


@pytest.mark.parametrize("name", [*(f"`{what}`" for what in Happening), *(f"`{mark.name}`" for mark in Mark)])
def test_every_event_and_every_mark_is_told(name: str) -> None:
    assert name in README


def test_every_file_that_is_named_is_there() -> None:
    root = Path(guards.__file__).parents[1]
    assert all((root / name).exists() for name in re.findall(r"`(examples/\S+)`", README))


def test_every_public_name_has_a_docstring() -> None:
    missing = [name for name in guards.__all__ if not getattr(guards, name).__doc__]
    assert missing == []

"""Runs workflows in tests the way a work-horse does."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workflows import Registry, Result, Workflow, run
from workflows.extract_text import extract_text


def run_on(
    workflow: Workflow,
    path: Path,
    name: str | None = None,
    options: Mapping[str, Any] | None = None,
    folder: Path | None = None,
) -> Result:
    """Run the workflow on the file; the name is the file's own unless another one is given."""
    data = path.read_bytes()
    return run(
        workflow,
        path,
        name=name or path.name,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        options=options or {},
        custom_data={"case": 7},
        tags=("a", "b"),
        folder=folder or Path(),
    )


def extract(path: Path, name: str | None = None, **options: Any) -> Result:
    """Run extract-text on the file."""
    return run_on(extract_text, path, name, options)


def extract_bytes(folder: Path, data: bytes, name: str = "document", **options: Any) -> Result:
    """Run extract-text on bytes, under a file name that tells nothing."""
    path = folder / "document"
    path.write_bytes(data)
    return extract(path, name, **options)


def loaded(*modules: str) -> Registry:
    """A registry with these modules."""
    registry = Registry()
    registry.load(modules)
    return registry

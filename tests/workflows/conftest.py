"""Real sample documents of every type, and a registry as an installation has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples.documents import make_documents, make_more_documents, make_table_documents
from workflows import Registry


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """By extension, without the dot."""
    folder = tmp_path_factory.mktemp("samples")
    return {path.suffix[1:]: path for path in (*make_documents(folder), *make_more_documents(folder))}


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Documents with tables, by extension."""
    return {path.suffix[1:]: path for path in make_table_documents(tmp_path_factory.mktemp("tables"))}


@pytest.fixture(scope="session")
def registry() -> Registry:
    """With the workflow of the examples loaded as a user would."""
    made = Registry()
    made.load(["examples.word_count"])
    return made

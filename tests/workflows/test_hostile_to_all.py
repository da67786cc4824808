"""Whatever a document was made to do to its reader: each workflow gives a result or a reason, in a moment."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.workflows.cheap import cheap
from tests.workflows.hostile import ALL, OFFICE, PDFS
from tests.workflows.running import run_on
from workflows import DocumentError, Workflow
from workflows.document_info import document_info
from workflows.extract_tables import extract_tables
from workflows.extract_text import extract_text
from workflows.split_pages import split_pages

ANY = [extract_text, extract_tables, document_info]
CASES = [
    pytest.param(name, one, id=f"{one.name}-{name}")
    for name in ALL
    for one in [*ANY, *([split_pages] if name in PDFS else [])]
]
TOO_MANY_CELLS = "more than 1000000 cells in its tables"
REFUSED = {
    ("extract-text", "10,000 pages"): "more than 2000 pages",
    ("extract-tables", "10,000 pages"): "more than 2000 pages",
    ("split-pages", "10,000 pages"): "more than 500 pages",
    ("split-pages", "a page tree that bites its tail"): "its page 2 cannot be read",
    ("extract-tables", "wide rows"): TOO_MANY_CELLS,
    ("extract-tables", "cells across a million columns"): TOO_MANY_CELLS,
    ("extract-tables", "cells across and down.html"): TOO_MANY_CELLS,
    ("extract-tables", "cells across.html"): TOO_MANY_CELLS,
    ("extract-tables", "one long row.csv"): TOO_MANY_CELLS,
    ("extract-tables", "fields.csv"): TOO_MANY_CELLS,
    ("extract-tables", "tables within tables.html"): "more than 100 tables within each other",
    **{(one.name, "a sheet bomb"): "unpacks to 16 MiB" for one in ANY},
    **{(one.name, "text entities"): "declares XML entities" for one in ANY},
}


@pytest.fixture(scope="module")
def made(samples: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bytes]:
    """Makes a hostile document, once for all workflows."""
    folder = tmp_path_factory.mktemp("hostile")
    return cache(lambda name: ALL[name](samples, folder))


@pytest.mark.parametrize(("name", "workflow"), CASES)
def test_it_ends_in_a_moment_with_a_result_or_a_reason(
    made: Callable[[str], bytes], tmp_path: Path, name: str, workflow: Workflow
) -> None:
    path = tmp_path / "document"
    path.write_bytes(made(name))
    called = name if name not in {*PDFS, *OFFICE} else "document"
    with cheap(seconds=3):
        try:
            told = str(run_on(workflow, path, called, folder=tmp_path).output)
        except DocumentError as refusal:
            told = str(refusal)
    assert told
    assert REFUSED.get((workflow.name, name), "") in told

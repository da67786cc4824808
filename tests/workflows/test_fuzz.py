"""Whatever the bytes are, the outcome is a result or a `DocumentError`."""

from __future__ import annotations

import json
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.workflows.running import run_on
from workflows import DocumentError
from workflows.document_info import document_info
from workflows.extract_tables import extract_tables
from workflows.extract_text import extract_text
from workflows.split_pages import split_pages

KINDS = ["pdf", "docx", "xlsx", "pptx", "html", "csv", "md", "txt"]
EXAMPLES = 25
quick = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
damages = st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=6), st.integers(0, 40)), min_size=1, max_size=6)


@pytest.mark.parametrize("kind", KINDS)
@quick
@given(damage=damages)
def test_damaged_documents(
    samples: dict[str, Path], tmp_path: Path, kind: str, damage: list[tuple[float, bytes, int]]
) -> None:
    read_or_refuse(tmp_path, damaged(samples[kind].read_bytes(), damage), samples[kind].name)


@pytest.mark.parametrize("kind", ["docx", "xlsx", "pptx"])
@quick
@given(which=st.floats(0, 1), damage=damages)
def test_damaged_parts_in_a_sound_archive(
    samples: dict[str, Path], tmp_path: Path, kind: str, which: float, damage: list[tuple[float, bytes, int]]
) -> None:
    with ZipFile(samples[kind]) as old, ZipFile(tmp_path / "remade", "w", ZIP_STORED) as new:
        names = [name for name in old.namelist() if name.endswith((".xml", ".rels")) and "theme" not in name]
        hit = names[int(which * (len(names) - 1))]
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, damaged(data, damage) if name == hit else data)
    read_or_refuse(tmp_path, (tmp_path / "remade").read_bytes(), samples[kind].name)


@quick
@given(data=st.binary(max_size=400), head=st.sampled_from([b"", b"%PDF-1.4\n", b"PK\x03\x04", b"<html>", b"\xff\xfe"]))
def test_random_bytes(tmp_path: Path, data: bytes, head: bytes) -> None:
    read_or_refuse(tmp_path, head + data, "x.csv")


def damaged(data: bytes, damage: list[tuple[float, bytes, int]]) -> bytes:
    """Some bytes replaced, put in or taken out."""
    for place, put_in, take_out in damage:
        at = int(place * len(data))
        data = data[:at] + put_in + data[at + take_out :]
    return data


def read_or_refuse(folder: Path, data: bytes, name: str) -> None:
    """What each workflow tells, result or reason, is not empty, and has nothing in it that no database stores."""
    (folder / "document").write_bytes(data)
    for workflow in (extract_text, extract_tables, document_info, split_pages):
        try:
            told = json.dumps(run_on(workflow, folder / "document", name, folder=folder).output, ensure_ascii=False)
        except DocumentError as refusal:
            told = str(refusal)
        assert told
        assert "\0" not in told.encode().decode()

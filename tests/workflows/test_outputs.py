"""Files that a workflow gives out: what is one, and what is said where it is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from tests.workflows.running import run_on
from workflows import Document, InvalidResult, Output, Result, Workflow, workflow


def giving(*outputs: Output) -> Workflow:
    """A workflow that gives out these files."""

    @workflow(name="giving", version="1", accepts=["text/*"])
    def give(document: Document, options: BaseModel) -> Result:
        return Result({}, outputs=outputs)

    return give


def test_a_workflow_writes_its_files_into_the_folder_of_the_document(samples: dict[str, Path], tmp_path: Path) -> None:
    @workflow(name="copy", version="1", accepts=["text/*"])
    def copy(document: Document, options: BaseModel) -> Result:
        target = document.folder / "copy"
        target.write_bytes(document.path.read_bytes())
        return Result({}, outputs=[Output("copy.txt", "text/plain; charset=utf-8", target)])

    (output,) = run_on(copy, samples["txt"], folder=tmp_path).outputs
    with output.open() as source:
        assert source.read() == samples["txt"].read_bytes()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a/b\\c.pdf", "a_b_c.pdf"),
        ("a\r\nSet-Cookie: x", "a_Set-Cookie: x"),
        (" \x00 ", "�"),
        ("", "file"),
        ("é" * 300, "é" * 255),
    ],
)
def test_a_name_is_made_safe_to_show(samples: dict[str, Path], name: str, shown: str) -> None:
    (output,) = run_on(giving(Output(name, "text/plain", samples["txt"])), samples["txt"]).outputs
    assert output.name == shown


@pytest.mark.parametrize("media_type", ["", "text", "text/html\r\nX: y", "text/html; x=y", "a/b/c"])
def test_a_media_type_that_is_none_names_the_workflow(samples: dict[str, Path], media_type: str) -> None:
    with pytest.raises(InvalidResult, match="The workflow giving gave out a file of media type"):
        run_on(giving(Output("x", media_type, samples["txt"])), samples["txt"])


def test_a_file_that_is_not_there_names_the_workflow(samples: dict[str, Path], tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(InvalidResult, match="The workflow giving gave out a file that is not there: 'x'"):
            run_on(giving(Output("x", "text/plain", path)), samples["txt"])


def test_there_is_an_end_to_the_files_of_one_document(samples: dict[str, Path]) -> None:
    output = Output("x", "text/plain", samples["txt"])
    with pytest.raises(InvalidResult, match="gave out 10001 files, more than 10000"):
        run_on(giving(*[output] * 10_001), samples["txt"])

"""Which workflows there are: built in, of modules in WORKFLOWS, of installed packages."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.workflows.running import loaded
from workflows import InvalidWorkflows, UnknownWorkflow

WORKFLOW = """
from workflows import Document, NoOptions, Result, workflow

@workflow(name="{name}", version="{version}", accepts=["*/*"])
def measure(document: Document, options: NoOptions) -> Result:
    "Tells the size.\\n\\nAnd this is not shown."
    return Result({{"size": document.size}})
"""
Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes a module that can be imported for the time of the test; gives its name."""
    monkeypatch.syspath_prepend(tmp_path)
    names: list[str] = []

    def write_module(module: str, source: str = WORKFLOW, name: str = "measure", version: str = "1") -> str:
        (tmp_path / f"{module}.py").write_text(source.format(name=name, version=version))
        names.append(module)
        return module

    yield write_module
    for module in names:
        sys.modules.pop(module, None)


@pytest.fixture
def package(tmp_path: Path) -> Callable[[str], None]:
    """Leaves the traces of an installed package with this entry point."""

    def install(entry: str) -> None:
        info = tmp_path / "measuring-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: measuring\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[airlock.workflows]\n{entry}\n")

    return install


BUILT_IN = ["document-info", "extract-tables", "extract-text", "split-pages"]


def test_the_built_in_workflows_are_always_there() -> None:
    assert [workflow.name for workflow in loaded()] == BUILT_IN
    assert all(workflow.description and workflow.memory_limit == 1024 for workflow in loaded())
    workflow = loaded().get("extract-text")
    assert workflow.description.startswith("Text per page, sheet or slide of PDF")
    assert "application/pdf" in workflow.accepts
    assert workflow.time_limit == 120


def test_a_module_in_the_setting_adds_its_workflows(write: Write) -> None:
    registry = loaded(write("of_a_user"))
    assert [workflow.name for workflow in registry] == sorted([*BUILT_IN, "measure"])
    assert registry.get("measure").description == "Tells the size."


@pytest.mark.parametrize("entry", ["any = of_a_package", "measure = of_a_package:measure"])
def test_an_installed_package_adds_its_workflows(write: Write, package: Callable[[str], None], entry: str) -> None:
    write("of_a_package")
    package(entry)
    assert loaded().get("measure").version == "1"


def test_a_package_that_is_named_in_the_setting_as_well_is_no_clash(
    write: Write, package: Callable[[str], None]
) -> None:
    package("any = of_a_package")
    assert len(loaded(write("of_a_package"))) == len(BUILT_IN) + 1


def test_an_unknown_workflow_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UnknownWorkflow, match=r"There is no workflow 'extract'; loaded are: document-info, "):
        loaded().get("extract")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (None, "WORKFLOWS=broken: cannot be imported, ModuleNotFoundError: No module named 'broken'"),
        ("import no_such_module", "WORKFLOWS=broken: cannot be imported, ModuleNotFoundError"),
        ("1/0", "WORKFLOWS=broken: cannot be imported, ZeroDivisionError"),
        ("x = 1", "WORKFLOWS=broken: the module has no workflow"),
        (WORKFLOW.replace("{name}", "extract-text"), "the name 'extract-text' is taken by a workflow of workflows"),
        (WORKFLOW.replace("{name}", "two words"), "'two words' is no name for a workflow"),
        (WORKFLOW.replace("*/*", "pdf"), "accepts must list media types"),
        (WORKFLOW.replace('["*/*"]', '["*/*"], memory_limit=0'), "memory_limit must be more than 0 MiB"),
        (WORKFLOW.replace('["*/*"]', '"text/plain"'), "accepts is a list of media types, not one string"),
    ],
)
def test_what_cannot_be_loaded_is_named_with_its_setting(write: Write, source: str | None, reason: str) -> None:
    if source is not None:
        write("broken", source)
    with pytest.raises(InvalidWorkflows, match=reason) as caught:
        loaded("broken")
    assert "WORKFLOWS" in str(caught.value)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("measure = no_such_package:measure", r"the entry point measure = no_such_package:measure .*cannot be loaded"),
        ("measure = json:dumps", "is a function, neither a workflow nor a module"),
    ],
)
def test_an_entry_point_that_cannot_be_loaded_is_named(
    write: Write, package: Callable[[str], None], entry: str, reason: str
) -> None:
    package(entry)
    with pytest.raises(InvalidWorkflows, match=reason):
        loaded()

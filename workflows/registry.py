"""The registry: which workflows this installation has, from our own modules, from WORKFLOWS and from packages."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType

from workflows.declaration import Workflow
from workflows.errors import InvalidWorkflows, UnknownWorkflow

BUILT_IN = (
    "workflows.extract_text",
    "workflows.extract_tables",
    "workflows.document_info",
    "workflows.split_pages",
)
RUNNING = ("workflows.media_type", "workflows.decoding", "charset_normalizer", "puremagic")
"""What every run needs."""
ENTRY_POINTS = "airlock.workflows"
"""The group in which an installed package names its workflows, or a module of them."""


class Registry:
    """Workflows by name. Loading imports their modules; what a workflow needs, it imports when it runs."""

    def __init__(self) -> None:
        self._workflows: dict[str, Workflow] = {}
        self._origins: dict[str, str] = {}

    def load(self, modules: Iterable[str] = ()) -> None:
        """Add the built-in workflows, those of the dotted `modules` (the setting WORKFLOWS), and of packages.

        Raises `InvalidWorkflows` where a module cannot be imported, has no workflow, or takes a name that is taken.
        """
        for name in BUILT_IN:
            self._add_module(importlib.import_module(name), name)
        for name in modules:
            self._add_module(_imported(name, f"WORKFLOWS={name}:"), f"WORKFLOWS={name}")
        for entry in _installed(tuple(sys.path)):
            self._add(_loaded(entry), f"the entry point {entry.name} = {entry.value}")

    def get(self, name: str) -> Workflow:
        """The workflow of that name; raises `UnknownWorkflow`, which names those that there are."""
        try:
            return self._workflows[name]
        except KeyError:
            known = ", ".join(sorted(self._workflows)) or "none"
            raise UnknownWorkflow(f"There is no workflow {name!r}; loaded are: {known}") from None

    def warm_up(self) -> None:
        """Import what the workflows need, for a process that will run many, or fork others that do.

        Raises `InvalidWorkflows` where something is missing.
        """
        for workflow in self:
            for name in (*RUNNING, *workflow.imports):
                _imported(name, f"the workflow {workflow.name} needs {name}, which")

    def __iter__(self) -> Iterator[Workflow]:
        return iter(sorted(self._workflows.values(), key=lambda workflow: workflow.name))

    def __len__(self) -> int:
        return len(self._workflows)

    def _add(self, found: object, origin: str) -> None:
        if isinstance(found, Workflow):
            self._add_workflow(found, origin)
        elif isinstance(found, ModuleType):
            self._add_module(found, origin)
        else:
            raise InvalidWorkflows(f"{origin} is a {type(found).__name__}, neither a workflow nor a module of them")

    def _add_module(self, module: ModuleType, origin: str) -> None:
        found = [value for value in vars(module).values() if isinstance(value, Workflow)]
        if not found:
            raise InvalidWorkflows(f"{origin}: the module has no workflow; put @workflow(…) on a function of it")
        for workflow in found:
            self._add_workflow(workflow, origin)

    def _add_workflow(self, workflow: Workflow, origin: str) -> None:
        present = self._workflows.setdefault(workflow.name, workflow)
        if present is not workflow:
            raise InvalidWorkflows(
                f"{origin}: the name {workflow.name!r} is taken by a workflow of {self._origins[workflow.name]}; "
                "rename one of them, or take one out of WORKFLOWS"
            )
        self._origins.setdefault(workflow.name, origin)


@lru_cache(1)
def _installed(_path: tuple[str, ...]) -> list[EntryPoint]:
    """What packages on `sys.path` offer. Each start asks twice, and the answer is in hundreds of files."""
    return sorted(entry_points(group=ENTRY_POINTS))


def _imported(name: str, origin: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise InvalidWorkflows(f"{origin} cannot be imported, {type(error).__name__}: {error}") from error


def _loaded(entry: EntryPoint) -> object:
    try:
        return entry.load()
    except Exception as error:
        raise InvalidWorkflows(
            f"the entry point {entry.name} = {entry.value} (group {ENTRY_POINTS}): cannot be loaded, "
            f"{type(error).__name__}: {error}"
        ) from error

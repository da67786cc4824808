"""The product's modules as syntax trees, for the rules of the house."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("guards", "storage", "workflows", "deployment", "jobs")


@dataclass(frozen=True)
class Module:
    """`path` is relative to the repository's root; `source` is the text."""

    path: Path
    source: str

    @property
    def name(self) -> str:
        """As one imports it: `deployment.api.wire.views`, `guards`, `app`."""
        parts = self.path.with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def room(self) -> str:
        return self.name.partition(".")[0]

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.source, str(self.path))

    def nodes(self) -> Iterator[ast.AST]:
        return ast.walk(self.tree)

    def at(self, node: ast.AST) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 1)}"


@dataclass(frozen=True)
class Import:
    """One imported name in full, `deployment.models.Execution`; `relative` as it is written."""

    target: str
    relative: bool
    where: str

    @property
    def room(self) -> str:
        return self.target.partition(".")[0]

    def is_of(self, package: str) -> bool:
        return self.target == package or self.target.startswith(f"{package}.")


def product() -> list[Module]:
    """Every module of the rooms, and those that stand beside `app.py`."""
    paths = [
        *ROOT.glob("*.py"),
        *(path for room in (*ROOMS, "launcher", "examples") for path in (ROOT / room).rglob("*.py")),
    ]
    return [Module(path.relative_to(ROOT), path.read_text()) for path in sorted(paths)]


def imports(module: Module) -> Iterator[Import]:
    """All of them, also those inside functions and those for the type checker only."""
    for node in module.nodes():
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, False, module.at(node)) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = _origin(module, node)
            for alias in node.names:
                yield Import(f"{origin}.{alias.name}", node.level > 0, module.at(node))


def _origin(module: Module, node: ast.ImportFrom) -> str:
    if node.level == 0:
        return node.module or ""
    package = module.path.parent.parts
    here = package[: len(package) - node.level + 1]
    return ".".join([*here, *([node.module] if node.module else [])])

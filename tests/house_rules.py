"""The rules of the house, each a function that yields one sentence for each breach: where, and what to do."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import PurePath

from tests.house_source import ROOMS, Import, Module, imports

BELOW_DEPLOYMENT = {"guards", "storage", "workflows"}
BESIDE_APP = {"settings", "logs", "error_reports", "launcher"}
MAY_IMPORT: dict[str, set[str]] = {
    "guards": set(),
    "storage": set(),
    "workflows": set(),
    "deployment": BELOW_DEPLOYMENT,
    "jobs": BELOW_DEPLOYMENT | {"deployment"},
    "settings": set(ROOMS),
    "logs": set(ROOMS),
    "error_reports": {"guards"},
    "web": set(ROOMS),
    "app": {*ROOMS, *BESIDE_APP, "web"},
    "launcher": {*ROOMS, *BESIDE_APP, "app", "examples"},
    "gunicorn": {*ROOMS, *BESIDE_APP},
    "examples": {"guards", "workflows"},
}
OURS = {*MAY_IMPORT, "tests", "examples", "benchmarks", "migrations"} - {"gunicorn"}
"""The last one is the file `gunicorn.conf.py`; who imports that name means the library."""
FACES = ("deployment.api", "deployment.console", "deployment.cli")
THIRD_PARTY_IN_GUARDS = {"guards/sql.py": {"sqlalchemy"}}
CATCHES_EVERYTHING: frozenset[str] = frozenset()
VAGUE_NAME = re.compile(r"helper|util|manager|misc|common", re.IGNORECASE)
LINES_WITHOUT_DOCSTRING = 15


def imports_point_downwards(module: Module) -> Iterator[str]:
    if module.room not in MAY_IMPORT:
        yield f"{module.path}: say in MAY_IMPORT what {module.room} may import, or move it into a room"
        return
    allowed = MAY_IMPORT[module.room] | {module.room}
    for found in imports(module):
        if found.room in OURS and found.room not in allowed:
            yield (
                f"{found.where} imports {found.target}; {module.room} may import "
                f"{', '.join(sorted(MAY_IMPORT[module.room])) or 'nothing of ours'}: "
                "let app.py hand the part in, or move the code to the room that needs it"
            )


def the_domain_ignores_its_faces(module: Module) -> Iterator[str]:
    if module.room != "deployment" or module.name.startswith(FACES):
        return
    for found in imports(module):
        if any(found.is_of(face) for face in FACES):
            yield f"{found.where} imports {found.target}: move what both need out of the face"


def guards_stand_alone(module: Module) -> Iterator[str]:
    if module.room != "guards":
        return
    for found in imports(module):
        if found.room == "guards" and not found.relative:
            yield f"{found.where} imports {found.target}: write it relative, the wheel has another name"
        elif found.room != "guards" and not _known_to_guards(module, found):
            yield (
                f"{found.where} imports {found.target}: guards/ has the standard library only; "
                "take the part as an argument, or put it where Airlock adapts the guard"
            )


def has_a_docstring(module: Module) -> Iterator[str]:
    long = len(module.source.splitlines()) > LINES_WITHOUT_DOCSTRING
    if long and not ast.get_docstring(module.tree):
        yield f"{module.path}: begin with two or three lines that say what it owns and leaves to others"


def has_a_telling_name(module: Module) -> Iterator[str]:
    for part in module.path.with_suffix("").parts:
        if VAGUE_NAME.search(part):
            yield f"{module.path}: name it after what is in it, so that a reader can guess it"


def catches_no_more_than_it_handles(module: Module) -> Iterator[str]:
    if module.room == "guards" or module.path.as_posix() in CATCHES_EVERYTHING:
        return
    for node in module.nodes():
        if _catches_everything(node):
            yield f"{module.at(node)} catches everything: name the errors, or leave it to the guard"


def leaves_status_to_the_lifecycle(module: Module) -> Iterator[str]:
    if module.room not in ("deployment", "jobs") or _is_lifecycle(module.path):
        return
    for node in module.nodes():
        if _writes_status(node) and not _is_no_row(module, node):
            yield f"{module.at(node)} writes a status: call the move in deployment/lifecycle, or add it there"


RULES = (
    imports_point_downwards,
    the_domain_ignores_its_faces,
    guards_stand_alone,
    has_a_docstring,
    has_a_telling_name,
    catches_no_more_than_it_handles,
    leaves_status_to_the_lifecycle,
)


def _known_to_guards(module: Module, found: Import) -> bool:
    extra = THIRD_PARTY_IN_GUARDS.get(module.path.as_posix(), set())
    return found.room in sys.stdlib_module_names or found.room in extra


def _is_lifecycle(path: PurePath) -> bool:
    return path.with_suffix("").parts[:2] == ("deployment", "lifecycle")


def _catches_everything(node: ast.AST) -> bool:
    if isinstance(node, ast.ExceptHandler):
        return node.type is None or _names_base_exception(node.type)
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
        return any(map(_names_base_exception, node.args))
    return False


def _names_base_exception(caught: ast.expr) -> bool:
    return any(ast.unparse(part).endswith("BaseException") for part in _parts(caught))


def _parts(caught: ast.expr) -> list[ast.expr]:
    return caught.elts if isinstance(caught, ast.Tuple) else [caught]


def _writes_status(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        return any(map(_is_status, node.targets))
    if isinstance(node, ast.AnnAssign | ast.AugAssign):
        return _is_status(node.target)
    return isinstance(node, ast.Call) and _sets_status(node)


def _is_no_row(module: Module, node: ast.AST) -> bool:
    # Outside of the models, `self` is not a row: an error may keep its HTTP status.
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    on_self = any(target and "self.status" in ast.unparse(target) for target in targets)
    return on_self and "models" not in module.path.parts


def _sets_status(call: ast.Call) -> bool:
    called = ast.unparse(call.func)
    if called == "setattr":
        return len(call.args) > 1 and _is_status(call.args[1])
    if not called.endswith(".values"):
        return False
    keys = [key for argument in call.args if isinstance(argument, ast.Dict) for key in argument.keys if key]
    return any(word.arg == "status" for word in call.keywords) or any(map(_is_status, keys))


def _is_status(target: ast.expr) -> bool:
    if isinstance(target, ast.Tuple | ast.List):
        return any(map(_is_status, target.elts))
    if isinstance(target, ast.Constant):
        return target.value == "status"
    return isinstance(target, ast.Attribute) and target.attr == "status"

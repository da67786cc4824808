"""The house keeps its own rules, and each rule finds the breach that it is for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import house_rules as rules
from tests.house_source import Module, product

Rule = Callable[[Module], Iterator[str]]


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_every_module_keeps(rule: Rule) -> None:
    breaches = [breach for module in product() for breach in rule(module)]
    assert not breaches, "\n" + "\n".join(breaches)


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (rules.imports_point_downwards, "storage/s3.py", "from deployment.models import Execution"),
        (rules.imports_point_downwards, "jobs/worker.py", "import app"),
        (rules.imports_point_downwards, "jobs/queue.py", "from settings import Settings"),
        (rules.imports_point_downwards, "deployment/submit.py", "def late():\n    from jobs import queue"),
        (rules.imports_point_downwards, "app.py", "from tests.eventually import eventually"),
        (rules.imports_point_downwards, "app.py", "import examples.invoice"),
        (rules.imports_point_downwards, "extra.py", ""),
        (rules.the_domain_ignores_its_faces, "deployment/submit.py", "from deployment import api"),
        (rules.the_domain_ignores_its_faces, "deployment/models/file.py", "from ..console.pages import page"),
        (rules.guards_stand_alone, "guards/guard.py", "from guards.undo import Undo"),
        (rules.guards_stand_alone, "guards/guard.py", "import sqlalchemy"),
        (rules.guards_stand_alone, "guards/sql.py", "import flask"),
        (rules.has_a_docstring, "jobs/queue.py", "x = 1\n" * 16),
        (rules.has_a_telling_name, "jobs/queue_utils.py", ""),
        (rules.has_a_telling_name, "deployment/common/ids.py", ""),
        (rules.catches_no_more_than_it_handles, "jobs/queue.py", "try:\n    x\nexcept:\n    pass"),
        (
            rules.catches_no_more_than_it_handles,
            "jobs/queue.py",
            "try:\n    x\nexcept (OSError, BaseException):\n    pass",
        ),
        (rules.catches_no_more_than_it_handles, "jobs/queue.py", "with suppress(BaseException):\n    x"),
        (rules.leaves_status_to_the_lifecycle, "deployment/submit.py", "row.status = 'ERROR'"),
        (rules.leaves_status_to_the_lifecycle, "deployment/models/file.py", "self.status = 'ERROR'"),
        (rules.leaves_status_to_the_lifecycle, "jobs/tasks.py", "update(File).values(status='FAILED')"),
        (rules.leaves_status_to_the_lifecycle, "deployment/x.py", "update(File).values({File.status: 1})"),
        (rules.leaves_status_to_the_lifecycle, "deployment/x.py", "setattr(row, 'status', 1)"),
    ],
)
def test_a_breach_is_found_with_its_place(rule: Rule, path: str, source: str) -> None:
    (breach,) = rule(Module(Path(path), source))
    assert breach.startswith(path)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("deployment/submit.py", "from guards import pre_dispatch_guard\nfrom storage import Store"),
        ("deployment/api/views.py", "from deployment.api import errors\nfrom ..submit import submit"),
        ("guards/guard.py", "import contextlib\nfrom .undo import Undo"),
        ("guards/guard.py", "try:\n    x\nexcept BaseException:\n    raise"),
        ("guards/sql.py", "from sqlalchemy import update"),
        ("launcher.py", "from examples import invoice\nfrom app import create_app"),
        ("deployment/api/errors.py", "self.status, self.errors = status, errors"),
        ("deployment/lifecycle/work.py", "update(File).values(status='FAILED')"),
        ("deployment/x.py", "update(File).where(File.status == 1).values(attempt=2)\nstatus = row.status"),
    ],
)
def test_what_is_allowed_is_no_breach(path: str, source: str) -> None:
    module = Module(Path(path), source)
    assert [breach for rule in rules.RULES for breach in rule(module)] == []

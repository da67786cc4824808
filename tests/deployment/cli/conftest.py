"""Commands as a person types them, in the test's process."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.deployment.cli.commands import Commands


@pytest.fixture
def commands(app: Flask) -> Commands:
    """The commands of an application on each database."""
    return Commands(app)

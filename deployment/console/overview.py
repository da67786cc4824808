"""The first page: what runs, what has failed, how the parts are."""

from __future__ import annotations

from flask import render_template

from deployment.console.page import page
from deployment.models import Role


@page("/", Role.VIEWER)
def overview() -> str:
    """At a glance."""
    return render_template("console/overview.html")

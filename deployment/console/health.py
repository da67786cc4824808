"""The health of each part: as it answers at this moment, and, when somebody asks for it, as it can be used."""

from __future__ import annotations

from flask import render_template

from deployment.console.page import form, page
from deployment.doctor import examine
from deployment.health import readiness
from deployment.models import Role
from deployment.parts import current_parts as parts


@page("/health", Role.VIEWER)
def health() -> str:
    """What `/readyz` says, in words."""
    return render_template("console/health.html", health=readiness(parts()), findings=None)


@form("/health", Role.OPERATOR, of_all=True)
def use_each_part() -> str:
    """As `flask doctor`: it writes and deletes, so nobody does it by looking."""
    findings = list(examine(parts()))
    return render_template("console/health.html", health=readiness(parts()), findings=findings)

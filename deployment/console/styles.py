"""The dark half of Bootstrap's style sheet, for those whose system is dark: without a script that would choose it.

Bootstrap's compiled sheet switches by an attribute that only a script could set. The very rules are taken from the
installed package and put under a media query.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import flask_bootstrap
from flask import Response

from deployment.console.page import page

SHEET = Path(flask_bootstrap.__file__).parent / "static/bootstrap5/css/bootstrap.min.css"
DARK = "[data-bs-theme=dark]"
RULE = re.compile(r"([^{}]*\[data-bs-theme=dark\][^{}]*)\{([^{}]*)\}")
A_DAY = 24 * 3600


@page("/console/dark.css", None)
def dark_styles() -> Response:
    """The style sheet."""
    reply = Response(_dark_rules(), mimetype="text/css")
    reply.cache_control.max_age = A_DAY
    return reply


@cache
def _dark_rules() -> str:
    rules = [f"{selector.replace(DARK, ':root')}{{{body}}}" for selector, body in RULE.findall(SHEET.read_text())]
    return "@media (prefers-color-scheme: dark) {\n" + "\n".join(rules) + "\n}\n"

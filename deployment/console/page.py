"""Declaring a page of the console: its path, who may see it, and the policy under which a browser shows it.

What is not declared with a role is not served: the endpoint is unknown here. Forms are protected against forgery, and
nothing is changed by a GET.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Blueprint, Response, current_app, request
from flask_wtf import CSRFProtect

from deployment.api.multipart import FORM_ALLOWANCE, MultipartRequest
from deployment.console import words
from deployment.console.people import require
from deployment.models import Role
from deployment.parts import current_parts as parts

View = TypeVar("View", bound=Callable[..., Any])

console = Blueprint(
    "console", __name__, template_folder="templates", static_folder="static", static_url_path="/console"
)
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",  # Bootstrap draws its arrows from data:, a document of one's own is a blob:
        "frame-src blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
for _word in (words.instant, words.ago, words.duration, words.size):
    console.add_app_template_filter(_word, f"console_{_word.__name__}")
console.add_app_template_filter(words.COLORS.get, "console_color")
_takes_files: set[str] = set()
_roles: dict[str, tuple[Role, bool] | None] = {f"{console.name}.static": None}


def page(
    rule: str, role: Role | None, *, methods: tuple[str, ...] = ("GET",), of_all: bool = False
) -> Callable[[View], View]:
    """Make a view a page for people with `role` or more; with None, for everybody.

    With `of_all`, only for people of the whole installation.
    """

    def declare(view: View) -> View:
        _roles[f"{console.name}.{view.__name__}"] = (role, of_all) if role is not None else None
        console.add_url_rule(rule, view_func=view, methods=list(methods))
        return view

    return declare


def form(rule: str, role: Role | None, *, of_all: bool = False, files: bool = False) -> Callable[[View], View]:
    """Make a view the target of a form: POST alone. With `files`, its body may be as large as that of a caller."""

    def declare(view: View) -> View:
        if files:
            _takes_files.add(f"{console.name}.{view.__name__}")
        return page(rule, role, methods=("POST",), of_all=of_all)(view)

    return declare


def needed(endpoint: str) -> tuple[Role, bool] | None:
    """The role behind an endpoint, and whether of the whole installation; raises `KeyError` for an undeclared one."""
    return _roles[endpoint]


@console.before_request
def let_in() -> Response | None:
    """Look at who it is, then at the form: a body is read of those alone who may send one."""
    wanted = needed(str(request.endpoint))
    turned_away = require(*wanted) if wanted else None
    if turned_away is not None or request.method in ("GET", "HEAD", "OPTIONS"):
        return turned_away
    if request.endpoint in _takes_files and request.mimetype == "multipart/form-data":
        cast(MultipartRequest, request).parse(parts().policy)
    else:
        request.max_content_length = FORM_ALLOWANCE
    cast(CSRFProtect, current_app.extensions["csrf"]).protect()
    return None


@console.after_request
def restrict(reply: Response) -> Response:
    """What is shown is of the one who asks, and of this moment."""
    reply.headers["Content-Security-Policy"] = POLICY
    reply.headers["Referrer-Policy"] = "same-origin"
    if request.endpoint != f"{console.name}.static":
        reply.headers.setdefault("Cache-Control", "no-store")
    return reply

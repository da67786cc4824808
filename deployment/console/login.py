"""Logging in and out."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user

from deployment.console.page import form, page
from deployment.console.people import Person, person
from deployment.logins import TooManyLogins, WrongLogin, end_sessions, find_session, log_in
from deployment.models import Role
from deployment.parts import current_parts as parts


@page("/login", None)
def login() -> Any:
    """The form."""
    if current_user.is_authenticated:
        return redirect(_way_on(), 303)
    return render_template("console/login.html")


@form("/login", None)
def log_in_here() -> Any:
    """Compare the password, and begin a session: a new one, so that nobody is in it who was there before."""
    name, password = request.form.get("name", ""), request.form.get("password", "")
    address, agent = request.remote_addr or "", request.user_agent.string
    try:
        token = log_in(parts(), name, password, address, agent)
    except (TooManyLogins, WrongLogin) as error:
        status = 429 if isinstance(error, TooManyLogins) else 401
        return render_template("console/login.html", name=name[:64], refusal=error), status
    way_on = _way_on()
    session.clear()
    with parts().database.reading() as reading:
        begun = find_session(reading, token)
    if begun is not None:
        login_user(Person(begun, token))
    return redirect(way_on, 303)


@form("/logout", Role.VIEWER)
def log_out() -> Response:
    """End this session, here and in the database."""
    with parts().database.writing() as writing:
        end_sessions(writing, person().user, only=person().session.id)
    logout_user()
    session.clear()
    return redirect(url_for("console.login"), 303)  # type: ignore[return-value]


def _way_on() -> str:
    """Where the person wanted to go, within these pages: a path, and nothing that a browser takes for a host."""
    wanted = request.args.get("next", "")
    inside = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return request.script_root + wanted if inside else url_for("console.overview")

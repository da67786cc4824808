"""The people of the installation: made, disabled, given a role or a password, by an administrator of all of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from deployment.console.page import form, page
from deployment.console.people import actor
from deployment.models import Role
from deployment.parts import current_parts as parts
from deployment.passwords import hash_of
from deployment.users import (
    InvalidUser,
    all_users,
    change_role,
    create_user,
    disable_user,
    enable_user,
    set_password,
)


@page("/users", Role.ADMINISTRATOR, of_all=True)
def users() -> str:
    """All of them, by name."""
    with parts().database.reading() as session:
        return render_template("console/users.html", users=all_users(session), roles=list(Role))


@form("/users", Role.ADMINISTRATOR, of_all=True)
def create_person() -> Any:
    """With a password that is made, and shown once."""
    asked, password = request.form, secrets.token_urlsafe(15)
    name, organization = asked.get("name", "").strip(), asked.get("organization", "").strip() or None
    role = asked.get("role") if asked.get("role") in list(Role) else Role.VIEWER
    hashed = hash_of(password, name)
    made = _done(lambda session: create_user(session, name, hashed, Role(str(role)), organization, by=actor()))
    return _shown(name, password) if made else _back()


@form("/users/<name>/password", Role.ADMINISTRATOR, of_all=True)
def new_password(name: str) -> Any:
    """Another password, shown once; all sessions of that person end."""
    password = secrets.token_urlsafe(15)
    hashed = hash_of(password, name)
    done = _done(lambda session: set_password(session, name, hashed, by=actor()))
    return _shown(name, password) if done else _back()


@form("/users/<name>/role", Role.ADMINISTRATOR, of_all=True)
def new_role(name: str) -> Any:
    """From the next request on."""
    role = request.form.get("role", "")
    if role in list(Role):
        _done(lambda session: change_role(session, name, Role(role), by=actor()))
    return _back()


@form("/users/<name>/active", Role.ADMINISTRATOR, of_all=True)
def switch_person(name: str) -> Any:
    """Let a person not log in any more, or again."""
    switch = enable_user if request.form.get("active") == "yes" else disable_user
    _done(lambda session: switch(session, name, by=actor()))
    return _back()


def _done(change: Callable[[Session], object]) -> bool:
    """Whether it was done; if not, the person is told why."""
    try:
        with parts().database.writing() as session:
            change(session)
    except InvalidUser as error:
        flash(str(error), "danger")
        return False
    return True


def _shown(name: str, password: str) -> Any:
    told = {"what": f"password of {name}", "secret": password, "on": url_for("console.users")}
    return render_template("console/secret.html", **told), 201


def _back() -> Any:
    return redirect(url_for("console.users"), 303)

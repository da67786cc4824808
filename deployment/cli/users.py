"""`flask users`: the people who may use the console."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from deployment.cli.command import group
from deployment.cli.output import json_option, show_row, show_rows
from deployment.issuing import COMMAND_LINE
from deployment.models import Role, User
from deployment.parts import current_parts
from deployment.passwords import WeakPassword, hash_of
from deployment.users import InvalidUser, all_users, create_user, disable_user, enable_user, set_password

ROLES = click.Choice([str(role) for role in Role])
PASSWORD = click.option("--password-stdin", is_flag=True, help="Read it from standard input; else one is made.")


@group("users")
def users_commands() -> None:
    """Create, list, disable and enable the people who use the console; give them passwords."""


@users_commands.command("create")
@click.argument("name")
@click.option("--role", type=ROLES, default=str(Role.VIEWER), show_default=True, help="What the person may do.")
@click.option("--organization", metavar="ORG", help="Of this organisation only; left out, of all.")
@click.option("--first", is_flag=True, help="Only if there is nobody yet.")
@PASSWORD
@json_option
def create(name: str, role: str, organization: str | None, first: bool, password_stdin: bool, as_json: bool) -> None:
    """Make the user NAME; print the password that was made, once."""
    password = _password(password_stdin)
    with _refusals():
        made = None if first and _is_anybody_there() else _made(name, password, Role(role), organization, first=first)
    row = {"name": made, "role": role, "organization": organization, **_shown(password, password_stdin)}
    show_row(row if made else {"name": None}, as_json)


@users_commands.command("list")
@json_option
def list_users(as_json: bool) -> None:
    """List the users."""
    with current_parts().database.reading() as session:
        rows = [_row(user) for user in all_users(session)]
    show_rows(rows, as_json, "no users")


@users_commands.command("set-password")
@click.argument("name")
@PASSWORD
@json_option
def change_password(name: str, password_stdin: bool, as_json: bool) -> None:
    """Give the user NAME another password, and end all its sessions."""
    password = _password(password_stdin)
    with _refusals():
        hashed = hash_of(password, name)
    with _refusals(), current_parts().database.writing() as session:
        set_password(session, name, hashed, by=COMMAND_LINE)
    show_row({"name": name, **_shown(password, password_stdin)}, as_json)


@users_commands.command("disable")
@click.argument("name")
@json_option
def disable(name: str, as_json: bool) -> None:
    """Let the user NAME not log in any more, and end all its sessions."""
    with _refusals(), current_parts().database.writing() as session:
        disable_user(session, name, by=COMMAND_LINE)
    show_row({"disabled": name}, as_json)


@users_commands.command("enable")
@click.argument("name")
@json_option
def enable(name: str, as_json: bool) -> None:
    """Let the user NAME log in again."""
    with _refusals(), current_parts().database.writing() as session:
        enable_user(session, name, by=COMMAND_LINE)
    show_row({"enabled": name}, as_json)


def _is_anybody_there() -> bool:
    """Asked by each later start of an installation: to hash a password for that would take 0.1 s."""
    with current_parts().database.reading() as session:
        return bool(all_users(session))


def _made(name: str, password: str, role: Role, organization: str | None, *, first: bool) -> str | None:
    """The name of the new user; None if it was to be the `first` and is not."""
    hashed = hash_of(password, name)  # before the transaction, whose lock it would hold
    with current_parts().database.writing() as session:
        if first and all_users(session):
            return None
        return create_user(session, name, hashed, role, organization, by=COMMAND_LINE).name


def _password(given: bool) -> str:
    return sys.stdin.readline().rstrip("\n") if given else secrets.token_urlsafe(15)


def _shown(password: str, given: bool) -> dict[str, str]:
    return {} if given else {"password": password}


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except (InvalidUser, WeakPassword) as error:
        raise click.UsageError(str(error)) from None


def _row(user: User) -> dict[str, object]:
    return {
        "name": user.name,
        "role": user.role,
        "organization": user.organization.name if user.organization else "(all)",
        "state": "active" if user.active else "disabled",
        "last_login_at": user.last_login_at.isoformat(timespec="seconds") if user.last_login_at else None,
    }

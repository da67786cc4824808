"""`flask users`: made, listed, disabled, enabled, given passwords."""

from __future__ import annotations

from unittest import mock

import pytest

from deployment.logins import WrongLogin, log_in
from deployment.parts import parts_of
from deployment.passwords import hash_of
from tests.deployment.cli.commands import Commands

pytestmark = pytest.mark.usefixtures("cheap_hashes")


def may_log_in(commands: Commands, name: str, password: str) -> bool:
    try:
        return bool(log_in(parts_of(commands.app), name, password, "127.0.0.1", "a test"))
    except WrongLogin:
        return False


def test_who_is_made_logs_in_with_the_password_that_was_shown_once(commands: Commands) -> None:
    made = commands.ask("users", "create", "ada", "--role", "administrator")
    assert may_log_in(commands, "ada", made["password"])
    (row,) = commands.ask("users", "list")
    assert (row["name"], row["role"], row["organization"], row["state"]) == ("ada", "administrator", "(all)", "active")
    assert row["last_login_at"]
    assert made["password"] not in commands("users", "list").output


def test_a_new_password_takes_the_place_of_the_old_one(commands: Commands) -> None:
    old = commands.ask("users", "create", "ada")["password"]
    new = commands.ask("users", "set-password", "ada")["password"]
    assert (may_log_in(commands, "ada", old), may_log_in(commands, "ada", new)) == (False, True)


def test_who_is_disabled_is_out_until_enabled(commands: Commands) -> None:
    password = commands.ask("users", "create", "ada")["password"]
    commands.ask("users", "disable", "ada")
    assert not may_log_in(commands, "ada", password)
    commands.ask("users", "enable", "ada")
    assert may_log_in(commands, "ada", password)


def test_the_first_one_is_made_only_if_there_is_nobody(commands: Commands) -> None:
    assert commands.ask("users", "create", "admin", "--first")["password"]
    assert commands.ask("users", "create", "other", "--first") == {"name": None}
    assert [row["name"] for row in commands.ask("users", "list")] == ["admin"]


def test_who_would_not_be_the_first_costs_no_hash(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each later start of an installation asks for its first user."""
    commands.ask("users", "create", "admin", "--first")
    monkeypatch.setattr("deployment.cli.users.hash_of", mock.Mock(side_effect=AssertionError))
    assert commands.ask("users", "create", "other", "--first") == {"name": None}


def test_of_two_first_ones_at_once_one_is_made(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one came while this one was hashing."""

    def hash_late(password: str, name: str) -> str:
        if name == "later":
            commands.ask("users", "create", "sooner", "--first")
        return hash_of(password, name)

    monkeypatch.setattr("deployment.cli.users.hash_of", hash_late)
    assert commands.ask("users", "create", "later", "--first") == {"name": None}
    assert [row["name"] for row in commands.ask("users", "list")] == ["sooner"]


def test_the_last_administrator_of_the_installation_cannot_be_disabled(commands: Commands) -> None:
    commands.ask("users", "create", "ada", "--role", "administrator")
    commands.ask("users", "create", "eve", "--role", "operator")
    assert "last administrator" in commands.refusal("users", "disable", "ada")
    commands.ask("users", "create", "bob", "--role", "administrator")
    commands.ask("users", "disable", "ada")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("create", "A B"), "is no name"),
        (("create", "ada"), "There is a user 'ada' already"),
        (("create", "bob", "--organization", "nobody"), "There is no organization 'nobody'"),
        (("create", "bob", "--role", "king"), "'--role'"),
        (("disable", "nobody"), "There is no user 'nobody'"),
        (("set-password", "nobody"), "There is no user 'nobody'"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(commands: Commands, words: tuple[str, ...], reason: str) -> None:
    commands.ask("users", "create", "ada")
    assert reason in commands.refusal("users", *words)

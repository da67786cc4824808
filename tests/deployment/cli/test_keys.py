"""`flask keys`: made, listed, revoked and rotated."""

from __future__ import annotations

import pytest

from deployment.models import ApiKey
from tests.deployment.cli.commands import Commands


def _status(commands: Commands, path: str, key: str) -> int:
    """What a caller with this key is answered: 400 asks for an execution, so the key was good."""
    return commands.app.test_client().get(path, headers={"Authorization": f"Bearer {key}"}).status_code


GOOD, BAD = 400, 401


def test_a_key_of_an_organisation_calls_every_deployment_and_one_of_a_deployment_only_that(commands: Commands) -> None:
    paths = [commands.deploy(name)["path"] for name in ("one", "two")]
    everywhere = commands.ask("keys", "create", "acme")["api_key"]
    only_one = commands.ask("keys", "create", "acme", "--deployment", "one")["api_key"]
    assert [_status(commands, path, everywhere) for path in paths] == [GOOD, GOOD]
    assert [_status(commands, path, only_one) for path in paths] == [GOOD, BAD]


def test_the_list_shows_prefixes_and_no_key(commands: Commands) -> None:
    commands.deploy()
    made = commands.ask("keys", "create", "acme", "--label", "nightly", "--limit", "2", "--days", "3")["api_key"]
    first, second = commands.ask("keys", "list", "acme")
    assert (first["deployment"], second["deployment"]) == ("text", "(all)")
    assert made.startswith(second["prefix"])
    assert (second["label"], second["limit"], second["state"]) == ("nightly", 2, "active")
    assert second["expires_at"] > second["created_at"]
    table = commands("keys", "list", "acme").stdout
    assert second["prefix"] in table
    assert made not in table


def test_a_key_has_the_scopes_that_are_named(commands: Commands) -> None:
    commands.deploy()
    commands.ask("keys", "create", "acme", "--scope", "read", "--scope", "manage")
    first, second = commands.ask("keys", "list", "acme")
    assert (first["scopes"], second["scopes"]) == ("run read stop", "read manage")


def test_a_revoked_key_is_useless_at_once(commands: Commands) -> None:
    deployed = commands.deploy()
    prefix = commands.ask("keys", "list", "acme")[0]["prefix"]
    assert commands.ask("keys", "revoke", prefix) == {"revoked": prefix}
    assert _status(commands, deployed["path"], deployed["api_key"]) == BAD
    assert commands.ask("keys", "list", "acme")[0]["state"] == "revoked"


def test_a_rotated_key_goes_on_for_the_overlap(commands: Commands) -> None:
    deployed = commands.deploy()
    prefix = commands.ask("keys", "list", "acme")[0]["prefix"]
    new = commands.ask("keys", "rotate", prefix)
    assert [_status(commands, deployed["path"], key) for key in (deployed["api_key"], new["api_key"])] == [GOOD, GOOD]
    newest = commands.ask("keys", "rotate", new["api_key"], "--overlap-hours", "0")
    assert _status(commands, deployed["path"], new["api_key"]) == BAD
    assert _status(commands, deployed["path"], newest["api_key"]) == GOOD


def test_a_revoked_key_cannot_be_brought_back_by_rotating_it(commands: Commands) -> None:
    deployed = commands.deploy()
    prefix = commands.ask("keys", "list", "acme")[0]["prefix"]
    commands("keys", "revoke", prefix)
    assert "revoked" in commands.refusal("keys", "rotate", prefix)
    assert _status(commands, deployed["path"], deployed["api_key"]) == BAD


def test_rotating_never_prolongs_the_old_key(commands: Commands) -> None:
    commands.deploy()
    made = commands.ask("keys", "create", "acme", "--days", "1")["api_key"]
    before = commands.ask("keys", "list", "acme")[1]["expires_at"]
    commands.ask("keys", "rotate", made, "--overlap-hours", "48")
    assert commands.ask("keys", "list", "acme")[1]["expires_at"] == before


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("create", "nobody"), "There is no organization 'nobody'"),
        (("create", "acme", "--deployment", "none"), "acme has no deployment 'none'"),
        (("create", "acme", "--days", "0"), "'--days'"),
        (("list", "nobody"), "There is no organization 'nobody'"),
        (("revoke", "alk_xxxxxxxx"), "0 keys begin with 'alk_xxxxxxxx'"),
        (("rotate", "alk_xxxxxxxx"), "0 keys begin with 'alk_xxxxxxxx'"),
    ],
)
def test_what_there_is_not_is_refused_in_a_sentence(words: tuple[str, ...], reason: str, commands: Commands) -> None:
    commands.deploy()
    assert reason in commands.refusal("keys", *words)


def test_a_key_is_stored_as_a_digest(commands: Commands) -> None:
    assert {"sha256", "prefix"} <= set(ApiKey.__table__.columns.keys())

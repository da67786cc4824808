"""`flask deploy`: a workflow under a name."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa

from deployment.models import ApiKey, Deployment, Organization
from deployment.parts import parts_of
from tests.deployment.cli.commands import TEXT, Commands


def test_it_says_where_the_deployment_is_called_and_with_which_key(commands: Commands) -> None:
    told = commands.deploy()
    assert set(told) == {"url", "path", "api_key", "deployment_id", "organization"}
    assert told["path"] == "/deployment/api/acme/text/"
    assert told["url"] == f"http://127.0.0.1:8000{told['path']}"
    assert told["organization"] == "acme"
    client, files = commands.app.test_client(), {"files": (io.BytesIO(b"Hello"), "a.txt")}
    reply = client.post(told["path"], data=files, headers={"Authorization": f"Bearer {told['api_key']}"})
    assert reply.status_code == 200


def test_a_person_is_told_to_keep_the_key(commands: Commands) -> None:
    told = commands("deploy", "acme", "text", *TEXT).stdout
    assert "api key" in told
    assert "it cannot be shown again" in told


def test_the_key_is_shown_once_and_stored_as_a_digest(commands: Commands) -> None:
    first, second = commands.deploy(), commands.deploy()
    assert first["api_key"].startswith("alk_")
    assert second["api_key"] is None
    with parts_of(commands.app).database.reading() as session:
        (row,) = session.execute(sa.select(sa.inspect(ApiKey).local_table)).mappings()
    assert first["api_key"] not in map(str, row.values())
    assert len(row["sha256"]) == 64


def test_a_second_time_it_updates_the_same_deployment(commands: Commands) -> None:
    first = commands.deploy("text", "--limit", "3")
    second = commands.deploy("text", "--single-use", "--limit", "4")
    assert first["deployment_id"] == second["deployment_id"]
    with parts_of(commands.app).database.reading() as session:
        assert session.scalars(sa.select(Deployment.single_use)).all() == [True]
        assert session.scalars(sa.select(Organization.concurrency)).all() == [4]


def test_whether_inputs_are_kept_is_the_settings_to_say_until_it_is_said(commands: Commands) -> None:
    """And it stays as it was said when a later call leaves it out."""
    said = [((), None), (("--keep-inputs",), True), ((), True), (("--no-keep-inputs",), False), ((), False)]
    for words, kept in said:
        commands.deploy("text", *words)
        with parts_of(commands.app).database.reading() as session:
            assert session.scalars(sa.select(Deployment.keep_inputs)).all() == [kept]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("acme", "text", "--workflow", "magic"), "There is no workflow 'magic'"),
        (("a/b", "text", *TEXT), "'a/b' is not a name"),
        (("acme", "", *TEXT), "'' is not a name"),
        (("acme", "text", *TEXT, "--option", "speed=3"), "extract-text has no option 'speed'"),
        (("acme", "text", *TEXT, "--option", "speed"), "write it as name=value"),
        (("acme", "text", *TEXT, "--limit", "0"), "'--limit'"),
        (("acme", "text"), "Missing option '--workflow'"),
        (("acme",), "Missing argument 'NAME'"),
    ],
)
def test_what_cannot_be_deployed_is_refused_in_a_sentence(
    words: tuple[str, ...], reason: str, commands: Commands
) -> None:
    assert reason in commands.refusal("deploy", *words)
    with parts_of(commands.app).database.reading() as session:
        assert session.scalars(sa.select(Organization)).all() == []

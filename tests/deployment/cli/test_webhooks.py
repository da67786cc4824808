"""`flask webhooks`: endpoints added, tested, removed; the secret rotated."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from flask import Flask
from standardwebhooks import Webhook

from tests.deployment.cli.commands import Commands
from tests.servers.receiver import Receiver
from tests.servers.shared import Shared

HERE = ("acme", "text")
NOWHERE = Shared("redis://nowhere")


@pytest.fixture
def commands(new_app: Callable[..., Flask], database_url: str) -> Commands:
    typed = Commands(new_app(database_url=database_url, private_webhooks=True, redis_url=NOWHERE))
    typed.deploy()
    return typed


def test_an_endpoint_is_tested_with_the_secret_that_was_shown_once(commands: Commands, receiver: Receiver) -> None:
    made = commands.ask("webhooks", "add", *HERE, f"{receiver.url}?token=x")
    tested = commands.ask("webhooks", "test", made["id"])
    assert (tested["status"], tested["error"]) == ("DELIVERED", None)
    (got,) = receiver.requests
    Webhook(made["webhook_secret"]).verify(got.body, got.headers)
    assert commands.ask("webhooks", "add", *HERE, f"{receiver.url}/2")["webhook_secret"] is None


def test_a_test_that_is_not_taken_ends_with_status_1_and_says_why(commands: Commands, receiver: Receiver) -> None:
    made = commands.ask("webhooks", "add", *HERE, receiver.url)
    receiver.answer([500])
    done = commands("webhooks", "test", made["id"], "--json")
    assert done.exit_code == 1
    assert "500" in json.loads(done.stdout)["error"]


def test_the_list_shows_what_each_endpoint_is_told_and_no_secret_of_its_url(commands: Commands) -> None:
    commands.ask("webhooks", "add", *HERE, "https://example.com/a?token=x", "--event", "execution.failed")
    (row,) = commands.ask("webhooks", "list", *HERE)
    assert (row["url"], row["events"], row["active"]) == ("https://example.com/a", "execution.failed", True)


def test_a_removed_endpoint_is_gone(commands: Commands) -> None:
    made = commands.ask("webhooks", "add", *HERE, "https://example.com/")
    assert commands.ask("webhooks", "remove", made["id"]) == {"removed": made["id"]}
    assert commands.ask("webhooks", "list", *HERE) == []


def test_a_rotated_secret_signs_beside_the_old_one(commands: Commands, receiver: Receiver) -> None:
    made = commands.ask("webhooks", "add", *HERE, receiver.url)
    rotated = commands.ask("webhooks", "rotate-secret", *HERE)
    assert rotated["old_secret_signs_until"]
    commands.ask("webhooks", "test", made["id"])
    for secret in (made["webhook_secret"], rotated["webhook_secret"]):
        Webhook(secret).verify(receiver.requests[0].body, receiver.requests[0].headers)


NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("list", "acme", "none"), "acme has no deployment 'none'"),
        (("add", *HERE, "ftp://example.com"), "https://"),
        (("remove", NOBODY), f"There is no webhook {NOBODY}"),
        (("test", NOBODY), f"There is no webhook {NOBODY}"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(commands: Commands, words: tuple[str, ...], reason: str) -> None:
    assert reason in commands.refusal("webhooks", *words)


def test_the_same_url_twice_and_an_eleventh_one_are_refused(commands: Commands) -> None:
    for number in range(10):
        commands.ask("webhooks", "add", *HERE, f"https://example.com/{number}")
    assert "ten endpoints" in commands.refusal("webhooks", "add", *HERE, "https://example.com/new")
    first = commands.ask("webhooks", "list", *HERE)[0]["id"]
    commands.ask("webhooks", "remove", first)
    assert "already" in commands.refusal("webhooks", "add", *HERE, "https://example.com/9")

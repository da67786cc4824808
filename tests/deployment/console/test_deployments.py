"""Deployments in the console: made from a form of their options, changed, tried; their secrets shown once."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from standardwebhooks import Webhook

from deployment.deployments import find_deployment
from deployment.models import AuditLine, Deployment, Role
from deployment.parts import parts_of
from tests.airlock import Airlock
from tests.deployment.api.wire import hold_slot
from tests.deployment.console.browser import HTML, Browser, Page, person
from tests.servers.receiver import Receiver

HERE = "/deployments/acme/text"


@pytest.fixture
def airlock(new_app: Callable[..., Flask], database_url: str, redis_url: str) -> Airlock:
    told = {"database_url": database_url, "redis_url": redis_url, "private_webhooks": True, "org_concurrency": 1}
    return Airlock(new_app(**told))


@pytest.fixture
def browser(airlock: Airlock) -> Browser:
    return person(airlock.app)


def stored(app: Flask, org: str = "acme", name: str = "text") -> Deployment:
    with parts_of(app).database.reading() as session:
        found = find_deployment(session, org, name)
    assert found is not None
    return found


def secret_of(page: Page) -> str:
    assert page.status == 201, page.text
    return str(page.tree.xpath("//input[@id='secret']/@value")[0])


def test_a_workflow_is_deployed_with_the_options_of_its_form(airlock: Airlock, browser: Browser) -> None:
    page = browser.open("/deployments/new?workflow=extract-tables")
    filled = {"organization": "globex", "name": "tables", "option.min_rows": "3", "option.sheets": "a\nb"}
    made = browser.send(page, "/deployments/new", **filled)
    options = stored(airlock.app, "globex", "tables").options
    assert (options["min_rows"], options["sheets"], options["unruled"]) == (3, ["a", "b"], True)
    called = airlock.client.get("/v1/executions", headers={"Authorization": f"Bearer {secret_of(made)}"})
    assert called.status_code == 200
    assert secret_of(made) not in browser.open("/deployments/globex/tables").reply.text


@pytest.mark.parametrize(
    ("filled", "reason"),
    [
        ({"name": "text", "organization": "acme"}, "already"),
        ({"name": "a b", "organization": "acme"}, "is not a name"),
        ({"name": "new", "organization": ""}, "is not a name"),
        ({"name": "new", "organization": "acme", "option.max_pages": "many"}, "valid integer"),
        ({"name": "new", "organization": "acme", "option.max_pages": "-1"}, "greater than"),
    ],
)
def test_what_cannot_be_deployed_is_told_beside_what_was_typed(
    airlock: Airlock, browser: Browser, filled: dict[str, str], reason: str
) -> None:
    page = browser.send(browser.open("/deployments/new?workflow=extract-text"), "/deployments/new", **filled)
    assert page.status == 400
    assert reason in page.text
    assert page.form("/deployments/new")["name"] == filled["name"]
    for name, value in filled.items():
        if name.startswith("option."):
            assert page.form("/deployments/new")[name] == value


def test_a_refused_form_stays_as_it_was_filled_in(airlock: Airlock, browser: Browser) -> None:
    page = browser.open("/deployments/new?workflow=extract-tables")
    typed = {"option.min_rows": "-1", "option.sheets": "a\nb", "organization": "acme", "name": "tables"}
    form = {name: value for name, value in page.form("/deployments/new").items() if name != "option.unruled"} | typed
    refused = Page(browser.client.post("/deployments/new", data=form, headers=HTML))
    assert refused.status == 400
    assert {name: refused.form("/deployments/new")[name] for name in typed} == typed
    assert "option.unruled" not in refused.form("/deployments/new")


def test_one_of_an_organisation_deploys_in_it_alone(airlock: Airlock) -> None:
    admin = person(airlock.app, Role.ADMINISTRATOR, "acme", name="bob")
    page = admin.open("/deployments/new?workflow=extract-text")
    admin.client.post(
        "/deployments/new", data={**page.form("/deployments/new"), "name": "mine", "organization": "globex"}
    )
    assert stored(airlock.app, "acme", "mine").name == "mine"


def test_options_are_changed_and_what_is_refused_leaves_them(airlock: Airlock, browser: Browser) -> None:
    browser.send(browser.open(HERE), f"{HERE}/options", **{"option.max_pages": "7", "option.full_text": "true"})
    assert stored(airlock.app).options["max_pages"] == 7
    assert stored(airlock.app).options["full_text"] is True
    refused = browser.send(browser.open(HERE), f"{HERE}/options", **{"option.max_pages": "x"})
    assert refused.status == 400
    assert stored(airlock.app).options["max_pages"] == 7


def test_it_is_deactivated_activated_and_deleted(airlock: Airlock, browser: Browser) -> None:
    browser.send(browser.open(HERE), f"{HERE}/active")
    assert airlock.post().status_code == 404
    browser.send(browser.open(HERE), f"{HERE}/active")
    run = airlock.accept()
    assert "live executions" in browser.send(browser.open(HERE), f"{HERE}/delete").text
    airlock.work_here(run)
    assert browser.send(browser.open(HERE), f"{HERE}/delete").path == "/deployments"
    assert browser.open(HERE).status == 404


def test_the_limit_of_an_organisation_is_set_and_taken_back(airlock: Airlock, browser: Browser) -> None:
    for typed, limit in (("3", 3), ("0", 3), ("x", 3), ("", None)):
        browser.send(browser.open(HERE), f"{HERE}/limit", concurrency=typed)
        assert stored(airlock.app).organization.concurrency == limit
    assert "/limit" not in person(airlock.app, Role.ADMINISTRATOR, "acme", name="bob").open(HERE).reply.text


def test_a_key_is_made_shown_once_rotated_and_revoked(airlock: Airlock, browser: Browser) -> None:
    def status(key: str) -> int:
        return airlock.client.get("/v1/executions", headers={"Authorization": f"Bearer {key}"}).status_code

    first = secret_of(browser.send(browser.open(HERE), f"{HERE}/keys", label="nightly", scopes="read", days="2"))
    page = browser.open(HERE)
    assert first not in page.reply.text
    assert "nightly" in page.text
    rotate, revoke = (re.findall(rf'"({HERE}/keys/[^"]+/{word})"', page.reply.text)[0] for word in ("rotate", "revoke"))
    second = secret_of(browser.send(page, rotate))
    assert (status(first), status(second)) == (200, 200)
    browser.send(page, revoke)
    assert (status(first), status(second)) == (401, 200)
    refused = browser.send(page, f"{HERE}/keys", label="x", scopes="everything")
    assert "scopes" in refused.text


def test_a_webhook_is_added_tested_and_removed(airlock: Airlock, browser: Browser, receiver: Receiver) -> None:
    secret = secret_of(browser.send(browser.open(HERE), f"{HERE}/webhooks", url=f"{receiver.url}?token=x"))
    page = browser.open(HERE)
    assert "token=x" not in page.text
    actions = {form.action.rpartition("/")[2]: form.action for form in page.tree.forms if "/webhooks/" in form.action}
    assert "The test was taken" in browser.send(page, actions["test"]).text
    Webhook(secret).verify(receiver.requests[0].body, receiver.requests[0].headers)
    receiver.answer([500])
    assert "answered 500" in browser.send(page, actions["test"]).text
    assert "switched off" in browser.send(page, actions["active"]).text
    new = secret_of(browser.send(page, f"{HERE}/webhook-secret"))
    assert new != secret
    assert "Nobody is told" in browser.send(page, actions["remove"]).text
    assert "https://" in browser.send(page, f"{HERE}/webhooks", url="ftp://x").text


def test_the_curl_that_is_shown_is_answered(airlock: Airlock, browser: Browser) -> None:
    shown = browser.open(HERE).tree.xpath("//pre")[0].text
    path = re.findall(r"http://[^/]+(/\S+)", shown)[0]
    sent = {"files": (io.BytesIO(b"Hello"), "document.txt")}
    assert airlock.client.post(path, data=sent, headers=airlock.headers).status_code == 202


def test_a_file_is_tried_and_the_page_of_its_run_shows_the_result(airlock: Airlock, browser: Browser) -> None:
    page = browser.open(f"{HERE}/try")
    sent = {**page.form("/try"), "files": (io.BytesIO(b"Hello, <b>world</b>."), "hello.txt")}
    tried = Page(browser.client.post(f"{HERE}/try", data=sent, headers=HTML, follow_redirects=True))
    run = UUID(tried.path.rpartition("/")[2])
    airlock.work_here(run)
    page = browser.open(f"/executions/{run}")
    assert "Hello, <b>world</b>." in page.text
    assert page.tree.xpath("//pre/b") == []
    told = browser.client.get(f"/executions/{run}/results.json").get_json()
    assert told[0]["output"]["pages"][0]["text"] == "Hello, <b>world</b>."
    with airlock.parts.database.reading() as session:
        assert ("user ada", "deployment.tried") in {
            (each.actor, each.action) for each in session.scalars(sa.select(AuditLine))
        }


def test_a_try_that_cannot_be_is_told_in_words(airlock: Airlock, browser: Browser) -> None:
    page = browser.open(f"{HERE}/try")

    def tried(**files: object) -> str:
        sent = {**page.form("/try"), **files}
        request = {"headers": HTML, "follow_redirects": True, "content_type": "multipart/form-data"}
        return Page(browser.client.post(f"{HERE}/try", data=sent, **request)).text

    assert "Choose a file first" in tried()
    assert "empty" in tried(files=(io.BytesIO(b""), "a.txt"))
    hold_slot(airlock)
    assert "No free slot" in tried(files=(io.BytesIO(b"Hello"), "a.txt"))
    airlock.swap(Deployment, stored(airlock.app).id, active=False)
    assert "not active" in tried(files=(io.BytesIO(b"Hello"), "a.txt"))


def test_a_viewer_sees_no_keys_and_another_organisation_nothing(airlock: Airlock) -> None:
    prefix = airlock.key[:12]
    assert prefix not in person(airlock.app, Role.VIEWER, "acme", name="vi").open(HERE).reply.text
    Airlock(airlock.app, organization="globex")
    stranger = person(airlock.app, Role.ADMINISTRATOR, "globex", name="eve")
    assert stranger.open(HERE).status == 404
    assert "acme" not in stranger.open("/deployments").text

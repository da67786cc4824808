"""The page of one execution: the reason and what to do about it first, then its life, its files and its log."""

from __future__ import annotations

import io
import json
from unittest import mock
from uuid import UUID

import pytest

from deployment import lifecycle
from deployment.dispatch import Ticket
from deployment.models import Role
from storage import AccessDenied
from tests.airlock import HELLO, Airlock
from tests.deployment.console.browser import Page, person
from tests.deployment.reconcile.crowd import statements


def bars(page: Page) -> dict[str, list[str]]:
    """The colours of the bars of each row of the timeline."""
    rows = page.tree.xpath("//div[@class='timeline']/*")
    names, pictures = rows[::2], rows[1::2]
    return {
        name.text_content(): [bar.get("class").removeprefix("fill-") for bar in picture.xpath("rect[@x]")]
        for name, picture in zip(names, pictures, strict=True)
    }


def claim(airlock: Airlock, run: UUID, attempt: int, dispatch: int) -> Ticket:
    ticket = Ticket(run, airlock.run(run).files[0].id, attempt, dispatch)
    with airlock.parts.database.writing() as session:
        assert lifecycle.claim(session, ticket, f"worker-{attempt}", airlock.parts.policy)
    return ticket


def test_a_failed_staging_shows_its_step_its_reason_and_what_to_do(airlock: Airlock) -> None:
    with mock.patch.object(type(airlock.parts.store), "put", side_effect=AccessDenied("write", "x/in/0")):
        run = airlock.post().get_json()["message"]["execution_id"]
    page = person(airlock.app).open(f"/executions/{run}")
    alert = page.tree.xpath("//*[@role='alert']")[0].text_content()
    assert "before the dispatch" in alert
    assert "AccessDenied: cannot write x/in/0" in alert
    assert "s3:PutObject" in alert
    assert bars(page) == {"The run": ["danger"], HELLO[0]: []}
    assert "Ended as ERROR: AccessDenied" in page.text


def test_a_lost_worker_and_the_second_attempt_are_seen(airlock: Airlock) -> None:
    run = airlock.accept()
    ticket = claim(airlock, run, 1, 1)
    with airlock.parts.database.writing() as session:
        lifecycle.lose(session, ticket, airlock.parts.policy, "killed by SIGKILL")
    claim(airlock, run, 2, 2)
    page = person(airlock.app).open(f"/executions/{run}")
    assert bars(page) == {"The run": ["info", "waiting", "primary"], HELLO[0]: ["warning", "primary"]}
    assert "killed by SIGKILL" in page.text
    assert "(1 lost)" in page.text


def test_each_file_has_a_row_and_its_own_reason(airlock: Airlock) -> None:
    airlock.work_here(run := airlock.accept([HELLO, ("b.bin", bytes(range(256)))]))
    page = person(airlock.app).open(f"/executions/{run}")
    assert bars(page) == {"The run": ["info", "waiting", "success"], HELLO[0]: ["success"], "b.bin": ["danger"]}
    assert "unknown type" in page.text


@pytest.mark.parametrize(
    "words", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)", "{{ 7*7 }}"]
)
def test_what_a_caller_says_is_shown_as_text(airlock: Airlock, words: str) -> None:
    name = words.translate({ord("/"): "-", ord('"'): "'"}) + ".txt"
    with mock.patch.object(type(airlock.parts.store), "put", side_effect=OSError(words)):
        run = airlock.client.post(
            f"/v1/deployments/{airlock.organization}/text/executions",
            data={"files": (io.BytesIO(b"Hello"), name), "metadata": json.dumps({"k": words})},
            headers=airlock.headers,
        ).get_json()["execution_id"]
    browser = person(airlock.app)
    for path in (f"/executions/{run}", "/executions", "/"):
        page = browser.open(path)
        assert page.tree.xpath("//script[not(@src)] | //*[@onerror] | //img[@src='x']") == []
        assert [link for link in page.links() if link.startswith("javascript")] == []
        assert words in page.text or path != f"/executions/{run}"


def test_it_asks_as_few_questions_for_32_files_as_for_one(airlock: Airlock) -> None:
    counts = []
    browser = person(airlock.app)
    for count in (1, 32):
        run = airlock.accept([(f"{number}.txt", b"Hello") for number in range(count)])
        airlock.work_here(run)
        with statements(airlock.parts.database) as sent:
            browser.open(f"/executions/{run}")
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 10


def test_another_organisations_execution_looks_like_none(airlock: Airlock) -> None:
    run = airlock.accept()
    Airlock(airlock.app, organization="globex")
    stranger = person(airlock.app, Role.ADMINISTRATOR, "globex")
    theirs, nobodys = stranger.open(f"/executions/{run}"), stranger.open(f"/executions/{UUID(int=1)}")
    assert (theirs.status, nobodys.status) == (404, 404)
    assert theirs.text == nobodys.text

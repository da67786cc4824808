"""The list of executions: found by what stands in the address, one organisation's alone, with bounded questions."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from deployment.models import Role
from tests.airlock import HELLO, Airlock
from tests.deployment.console.browser import Page, person
from tests.deployment.reconcile.crowd import crowd, statements


def shown(page: Page) -> list[str]:
    """The ids of the executions in the list."""
    return [link.rpartition("/")[2] for link in page.links() if link.startswith("/executions/")]


@pytest.fixture
def runs(airlock: Airlock) -> dict[str, str]:
    """One that is done, one that has failed, and one that waits."""
    done, bad = airlock.accept(tags="red"), airlock.accept([("a.bin", bytes(range(256)))])
    for run in (done, bad):
        airlock.work_here(run)
    return {"done": str(done), "bad": str(bad), "waits": str(airlock.accept([("other.txt", b"x")]))}


ASKED = {
    "": ["waits", "bad", "done"],
    "status=ERROR": ["bad"],
    "tag=red": ["done"],
    "q=other.txt": ["waits"],
    "q=a.bin&status=COMPLETED": [],
    "org=acme&deployment=text": ["waits", "bad", "done"],
    "org=nobody": [],
    "deployment=nothing": [],
    "since=1h": ["waits", "bad", "done"],
    "since=nonsense": ["waits", "bad", "done"],
}


def test_it_finds_what_is_asked_for(airlock: Airlock, runs: dict[str, str]) -> None:
    browser = person(airlock.app)
    found = {asked: shown(browser.open(f"/executions?{asked}")) for asked in ASKED}
    assert found == {asked: [runs[name] for name in names] for asked, names in ASKED.items()}


def test_an_id_leads_to_its_execution(airlock: Airlock, runs: dict[str, str]) -> None:
    assert person(airlock.app).open(f"/executions?q=+{runs['done'].upper()}+").path == f"/executions/{runs['done']}"


@pytest.mark.parametrize("asked", ["status=NONE", "cursor=x", f"q={'x' * 300}", "limit=9999"])
def test_what_nobody_can_ask_for_is_told_in_words(airlock: Airlock, asked: str) -> None:
    page = person(airlock.app).open(f"/executions?{asked}")
    assert page.status == 400
    assert "That cannot be done so" in page.text


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "a\u202eb", "%", "'; drop table execution; --"])
def test_no_text_is_too_strange_to_look_for(airlock: Airlock, text: str) -> None:
    browser, strange = person(airlock.app), quote(text.encode("utf-8", "surrogatepass"))
    for field in ("q", "tag", "deployment", "org"):
        assert browser.open(f"/executions?{field}={strange}").status == 200, field


def test_pages_lead_from_one_to_the_next(airlock: Airlock) -> None:
    airlock.work_here(run := airlock.accept())
    crowd(airlock.parts.database, run, 120, apart=1)
    browser, path, seen = person(airlock.app), "/executions", []
    while path:
        page = browser.open(path)
        seen += shown(page)
        path = next((str(link) for link in page.tree.xpath("//a[@rel='next']/@href")), "")
    assert len(seen) == len(set(seen)) == 121


def test_a_page_asks_as_few_questions_for_50_runs_as_for_one(airlock: Airlock) -> None:
    airlock.work_here(run := airlock.accept())
    browser = person(airlock.app)
    counts = []
    for _ in range(2):
        with statements(airlock.parts.database) as sent:
            browser.open("/executions")
        counts.append(len(sent))
        crowd(airlock.parts.database, run, 60, apart=1)
    assert counts[0] == counts[1] <= 4


def test_one_of_an_organisation_finds_nothing_of_others(airlock: Airlock, runs: dict[str, str]) -> None:
    Airlock(airlock.app, organization="globex")
    stranger = person(airlock.app, Role.ADMINISTRATOR, "globex")
    for asked in ("", "org=acme", "deployment=text", f"q={HELLO[0]}", "tag=red"):
        assert shown(stranger.open(f"/executions?{asked}")) == []
    assert stranger.open(f"/executions?q={runs['done']}").status == 404

"""The overview says what is live, what has failed and why, and which part is away."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock

from flask import Flask

from deployment.clock import utcnow
from deployment.console.pictures.durations import durations
from deployment.console.pictures.throughput import throughput
from deployment.models import Execution, Role
from storage import AccessDenied, Unavailable
from tests.airlock import Airlock
from tests.deployment.console.browser import person


def test_it_counts_what_is_live_and_names_who_waits_longest(airlock: Airlock) -> None:
    first, _ = airlock.accept(), airlock.accept()
    page = person(airlock.app).open("/")
    assert "2waiting" in page.text.replace(" ", "")
    assert f"/executions/{first}" in page.links()
    assert "acme2of20" in page.text.replace(" ", "")


def test_failures_are_grouped_by_what_they_have_in_common(airlock: Airlock) -> None:
    for number in range(3):
        with mock.patch.object(type(airlock.parts.store), "put", side_effect=AccessDenied("write", f"{number}/in/0")):
            airlock.post()
    airlock.work_here(airlock.accept([("a.bin", bytes(range(256)))]))
    page = person(airlock.app).open("/")
    rows = [row.text_content() for row in page.tree.xpath("//table//tbody/tr")]
    assert [(row.strip()[0], "denies access" in row, "unknown type" in row) for row in rows] == [
        ("3", True, False),
        ("1", False, True),
    ]


def test_a_part_that_is_away_is_named_with_its_reason(airlock: Airlock) -> None:
    browser = person(airlock.app)
    with mock.patch.object(type(airlock.parts.store), "keys", side_effect=Unavailable("list", "probes/")):
        page = browser.open("/")
    assert "storage is away" in page.text
    assert "database answers" in page.text


def test_what_is_overdue_is_shown(airlock: Airlock) -> None:
    run = airlock.accept()
    browser = person(airlock.app)
    assert "nothing is overdue" in browser.open("/").text
    airlock.swap(Execution, run, lease_expires_at=utcnow() - timedelta(minutes=5))
    assert "1 overdue" in browser.open("/").text


def test_one_of_an_organisation_sees_nothing_of_others(airlock: Airlock) -> None:
    other = Airlock(airlock.app, organization="globex")
    theirs = other.accept()
    other.work_here(theirs)
    page = person(airlock.app, Role.VIEWER, "acme").open("/")
    assert "globex" not in page.text
    assert str(theirs) not in page.reply.text


def test_an_empty_installation_has_a_page_too(app: Flask) -> None:
    assert "None has ended yet" in person(app).open("/").text


def test_pictures_stay_within_their_frames() -> None:
    now = utcnow()
    took = (0.0, 0.3, 5000.0, 86400.0 * 3)
    runs = [
        Execution(status="COMPLETED", created_at=now, ended_at=now + timedelta(seconds=seconds)) for seconds in took
    ]
    for count in range(len(runs) + 1):
        picture = durations(runs[:count])
        assert all(0 <= dot.x <= picture.width and 0 <= dot.y <= picture.height for dot in picture.dots)
    bars = throughput([{}] * 23 + [{"COMPLETED": 3, "ERROR": 1, "QUEUED": 2}], now)
    (last,) = [hour for hour in bars.hours if hour.pieces]
    assert sum(piece.height for piece in last.pieces) == bars.height
    assert [piece.color for piece in last.pieces] == ["success", "danger", "primary"]

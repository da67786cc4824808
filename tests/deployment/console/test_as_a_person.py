"""The console as a person uses it, in a real browser, on a real installation whose parts fail."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psutil
import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from deployment.models import Execution, ExecutionLabel
from deployment.parts import parts_of
from examples.documents import make_documents
from tests.airlock import app_inside
from tests.eventually import eventually
from tests.launcher.launched import Launched

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
FAST = {"LEASE_SECONDS": "2", "RECONCILE_SECONDS": "0.5", "CLOCK_SKEW_SECONDS": "0.5", "KEEP_INPUTS": "true"}
OPTIONS = {"WORKERS": "1", "WEB_CONCURRENCY": "1", "WORKFLOWS": "tests.launcher.endless"}
PHONE = {"width": 390, "height": 844}
PICTURES = os.environ.get("AIRLOCK_SCREENSHOTS")
"""A folder for pictures of every page; left out, they go where the test's other files go."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """An installation that is this module's alone: its storage is broken, its workers are killed."""
    with Launched(tmp_path_factory.mktemp("person") / "data", **OPTIONS, **FAST) as launched:
        yield launched


@pytest.fixture(scope="module")
def inside(place: Launched) -> Iterator[Flask]:
    with app_inside(place.data) as app:
        yield app


@pytest.fixture(scope="module")
def password(place: Launched) -> str:
    """The one that the launcher has printed."""
    told = eventually(lambda: re.findall(r"with the password (\S+): it is", place.out.read_text()))
    return str(told[0])


@pytest.fixture
def shoot(tmp_path: Path) -> Callable[[Tab, str], None]:
    """Takes a picture of a whole page."""
    folder = Path(PICTURES or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)

    def shoot_whole(tab: Tab, name: str) -> None:
        tab.screenshot(path=folder / f"{name}.png", full_page=True)

    return shoot_whole


@pytest.fixture
def admin(place: Launched, password: str, tab: Tab) -> Tab:
    """Logged in with the keyboard alone."""
    tab.goto(f"{place.url}/executions")
    expect(tab.locator("#name")).to_be_focused()
    tab.keyboard.type("admin")
    tab.keyboard.press("Tab")
    tab.keyboard.type(password)
    tab.keyboard.press("Enter")
    expect(tab).to_have_url(f"{place.url}/executions")
    return tab


def deploy(tab: Tab, place: Launched, workflow: str, name: str) -> str:
    """Through the pages; the key that is shown."""
    tab.goto(f"{place.url}/deployments")
    tab.click("text=Deploy a workflow")
    tab.click(f"a:has-text('{workflow}')")
    tab.fill("#organization", "acme")
    tab.fill("#name", name)
    tab.click("button:has-text('Deploy')")
    key = tab.input_value("#secret")
    tab.click("text=Go on")
    return key


def sure(tab: Tab, word: str) -> None:
    """Press a button that asks first, and say yes."""
    tab.click(f"summary:has-text('{word}')")
    tab.click(f"details.sure[open] button:has-text('{word}')")


def try_file(tab: Tab, place: Launched, name: str, path: Path) -> str:
    """Give a file to a deployment on its page; the id of its run."""
    tab.goto(f"{place.url}/deployments/acme/{name}/try")
    tab.evaluate("window.stayed = true")
    tab.set_input_files("#files", path)
    tab.click("button:has-text('Run')")
    link = tab.locator("#outcome a").first
    expect(link).to_be_visible()
    return str(link.get_attribute("href")).rpartition("/")[2]


def drop_file(tab: Tab, place: Launched, name: str, path: Path) -> str:
    """The same with the mouse: the file is dropped on the page."""
    tab.goto(f"{place.url}/deployments/acme/{name}/try")
    tab.evaluate("window.stayed = true")
    dropped = """([name, content]) => {
        const transfer = new DataTransfer();
        const bytes = Uint8Array.from(atob(content), (each) => each.charCodeAt(0));
        transfer.items.add(new File([bytes], name, {type: "application/pdf"}));
        return transfer;
    }"""
    transfer = tab.evaluate_handle(dropped, [path.name, b64encode(path.read_bytes()).decode()])
    for kind in ("dragover", "drop"):
        tab.dispatch_event("#try", kind, {"dataTransfer": transfer})
    tab.click("button:has-text('Run')")
    link = tab.locator("#outcome a").first
    expect(link).to_be_visible()
    return str(link.get_attribute("href")).rpartition("/")[2]


@contextmanager
def broken_storage(place: Launched) -> Iterator[None]:
    """A file stands where the folder of objects was."""
    objects, aside = place.data / "objects", place.data / "aside"
    objects.mkdir(exist_ok=True)
    objects.rename(aside)
    objects.write_text("")
    try:
        yield
    finally:
        objects.unlink()
        aside.rename(objects)


def worker_of(place: Launched) -> psutil.Process:
    """The process that has a work-horse."""
    (supervisor,) = [part for part in place.parts() if "flask worker" in " ".join(part.cmdline())]
    return next(child for child in supervisor.children() if child.children())


def test_a_person_deploys_drops_a_file_and_sees_the_result_without_reloading(
    admin: Tab, place: Launched, shoot: Callable[[Tab, str], None], tmp_path: Path
) -> None:
    deploy(admin, place, "extract-text", "text")
    shoot(admin, "deployment")
    document = next(path for path in make_documents(tmp_path) if path.suffix == ".pdf")
    run = drop_file(admin, place, "text", document)
    expect(admin.locator("#outcome h1")).to_contain_text("COMPLETED")
    expect(admin.locator("#outcome pre").first).to_contain_text("Harbour Library")
    expect(admin.locator("#document iframe")).to_be_visible()
    assert admin.evaluate("window.stayed") is True
    shoot(admin, "try")
    admin.goto(f"{place.url}/executions/{run}")
    expect(admin.locator("h1")).to_contain_text("COMPLETED")
    shoot(admin, "execution-completed")


def test_a_broken_storage_is_seen_with_its_reason_and_found_the_next_day(
    admin: Tab, place: Launched, inside: Flask, shoot: Callable[[Tab, str], None], tmp_path: Path
) -> None:
    deploy(admin, place, "extract-text", "broken")
    (tmp_path / "lost.txt").write_text("Hello")
    with broken_storage(place):
        run = try_file(admin, place, "broken", tmp_path / "lost.txt")
        expect(admin.locator("#outcome [role=alert]")).to_contain_text("before the dispatch")
        admin.goto(f"{place.url}/")
        expect(admin.locator("text=storage is away")).to_be_visible()
        shoot(admin, "overview-broken")
    admin.goto(f"{place.url}/executions/{run}")
    expect(admin.locator("[role=alert]")).to_contain_text("cannot write")
    shoot(admin, "execution-failed")
    make_older(inside, UUID(run), timedelta(days=1))
    admin.goto(f"{place.url}/executions")
    admin.select_option("#status", "ERROR")
    admin.select_option("#since", "7d")
    admin.fill("#q", "lost.txt")
    admin.click("button:has-text('Find')")
    expect(admin.locator(f"a[href$='{run}']")).to_be_visible()
    shoot(admin, "executions-found")


def make_older(app: Flask, run: UUID, by: timedelta) -> None:
    """As if it had been accepted so much earlier."""
    with parts_of(app).database.writing() as session:
        row = session.get_one(Execution, run)
        row.created_at -= by
        label = ExecutionLabel.execution_id == run
        session.execute(sa.update(ExecutionLabel).where(label).values(created_at=row.created_at))


def test_a_killed_worker_is_seen_with_its_second_attempt_and_the_run_is_stopped(
    admin: Tab, place: Launched, shoot: Callable[[Tab, str], None], tmp_path: Path
) -> None:
    deploy(admin, place, "endless", "endless")
    (tmp_path / "long.txt").write_text("Hello")
    run = try_file(admin, place, "endless", tmp_path / "long.txt")
    admin.goto(f"{place.url}/executions/{run}")
    admin.evaluate("window.stayed = true")
    expect(admin.locator("text=(attempt 1)")).to_be_visible()
    eventually(lambda: worker_of(place), passing_over=(StopIteration,)).kill()
    expect(admin.locator("text=(attempt 2)")).to_be_visible(timeout=30_000)
    assert admin.locator(".timeline svg").nth(1).locator("rect[x]").count() == 2
    shoot(admin, "execution-second-attempt")
    sure(admin, "Stop")
    expect(admin.locator("h1")).to_contain_text("STOPPED")
    expect(admin.locator("#run [role=alert]")).to_contain_text("stopped by user admin")


def test_a_rotated_key_is_shown_once_and_the_old_one_can_be_revoked(admin: Tab, place: Launched) -> None:
    old = deploy(admin, place, "extract-text", "keyed")
    sure(admin, "Rotate")
    new = admin.input_value("#secret")
    assert new.startswith("alk_")
    assert new != old
    admin.click("text=Go on")
    assert new not in admin.content()
    admin.locator(f"tr:has-text('{old[:12]}') summary:has-text('Revoke')").click()
    admin.locator("details.sure[open] button:has-text('Revoke')").click()
    expect(admin.locator(f"tr:has-text('{old[:12]}')")).to_contain_text("revoked")


PAGES = ("/", "/executions", "/deployments", "/deployments/new", "/deployments/new?workflow=extract-tables", "/health")
MORE = ("/users", "/audit", "/account", "/deployments/acme/text", "/deployments/acme/text/try")


TOO_WIDE = """[...document.querySelectorAll("body *")].filter((each) => each.getBoundingClientRect().right > innerWidth
    && !each.closest(".table-responsive")).map((each) => each.outerHTML.slice(0, 80)).slice(0, 3)"""


def an_execution(inside: Flask, status: str) -> str:
    with parts_of(inside).database.reading() as session:
        return f"/executions/{session.scalars(sa.select(Execution.id).where(Execution.status == status)).first()}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_and_every_page_fits_a_phone(
    admin: Tab, place: Launched, inside: Flask, shoot: Callable[[Tab, str], None], scheme: str
) -> None:
    """Of the pages with what the tests above have left on them."""
    admin.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    pages = (*PAGES, *MORE, *(an_execution(inside, status) for status in ("COMPLETED", "ERROR", "STOPPED")))
    found: dict[str, list[str]] = {}
    for number, path in enumerate(pages):
        admin.set_viewport_size({"width": 1280, "height": 900})
        admin.goto(place.url + path)
        shoot(admin, f"{scheme}-{number:02}-wide")
        found |= {path: breaches} if (breaches := serious(admin)) else {}
        admin.set_viewport_size(PHONE)  # type: ignore[arg-type]
        shoot(admin, f"{scheme}-{number:02}-phone")
        if (width := admin.evaluate("document.documentElement.scrollWidth")) > PHONE["width"]:
            found.setdefault(path, []).append(f"{width} wide; {admin.evaluate(TOO_WIDE)}")
    assert found == {}


def serious(tab: Tab) -> list[str]:
    """What axe finds that is serious or critical: the rule, and where."""
    found = Axe().run(tab).response["violations"]
    return [
        f"{each['id']}: {node['target']} {node['html'][:120]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def test_it_works_without_javascript(chromium: Chromium, place: Launched, password: str, tmp_path: Path) -> None:
    context = chromium.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{place.url}/deployments/acme/text/try")
    tab.fill("#name", "admin")
    tab.fill("#password", password)
    tab.click("main button")
    (tmp_path / "plain.txt").write_text("Hello, plain world.")
    tab.set_input_files("#files", tmp_path / "plain.txt")
    tab.click("button:has-text('Run')")
    expect(tab.locator("h1")).to_contain_text("COMPLETED", timeout=20_000)  # the page asks for itself again
    expect(tab.locator("pre").first).to_contain_text("Hello, plain world.")
    context.close()

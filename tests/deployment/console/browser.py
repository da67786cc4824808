"""A browser without JavaScript: it follows redirects, keeps cookies, and sends the forms that a page has."""

from __future__ import annotations

import re
from typing import Any

from argon2 import PasswordHasher
from flask import Flask
from lxml import html
from werkzeug.test import TestResponse

from deployment.deployments import find_organization
from deployment.models import Role, User
from deployment.parts import parts_of

PASSWORD = "correct horse battery"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
"""What is compared costs what its hash says: with the real cost, these tests would spend their time on hashing."""
HTML = {"Accept": "text/html"}


class Page:
    """What a browser shows: `text` as a person reads it, `status`, and the forms by where they lead."""

    def __init__(self, reply: TestResponse) -> None:
        self.reply, self.status, self.path = reply, reply.status_code, reply.request.path
        self.tree = html.fromstring(reply.text or "<html></html>")

    @property
    def text(self) -> str:
        body = self.tree.find("body")
        return re.sub(r"\s+", " ", (self.tree if body is None else body).text_content()).strip()

    def links(self) -> list[str]:
        return [str(link) for link in self.tree.xpath("//a/@href")]

    def form(self, action: str) -> dict[str, str]:
        """The fields of the form that leads to `action`, as they stand; raises if the page has none."""
        found = [form for form in self.tree.forms if (form.action or "").partition("?")[0].endswith(action)]
        assert found, f"no form for {action}; there are: {[form.action for form in self.tree.forms]}"
        return {name: value for name, value in found[0].fields.items() if value is not None}


class Browser:
    """Of one person. `open` and `send` answer with the page at the end of all redirects."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()

    def open(self, path: str, **options: Any) -> Page:
        return Page(self.client.get(path, headers=HTML, follow_redirects=True, **options))

    def send(self, page: Page, action: str, **fields: Any) -> Page:
        """Fill in the form of a page that leads to `action`, and send it."""
        data = {**page.form(action), **fields}
        target = next(form.action for form in page.tree.forms if (form.action or "").partition("?")[0].endswith(action))
        return Page(self.client.post(target, data=data, headers=HTML, follow_redirects=True))

    def log_in(self, name: str, password: str = PASSWORD, then: str = "/") -> Page:
        return self.send(self.open(then), "/login", name=name, password=password)

    def enter(self, name: str) -> None:
        """Log in without a look at the page behind."""
        data = {**self.open("/login").form("/login"), "name": name, "password": PASSWORD}
        assert self.client.post("/login", data=data, headers=HTML).location == "/"


def person(app: Flask, role: Role = Role.ADMINISTRATOR, organization: str | None = None, name: str = "ada") -> Browser:
    """Somebody who is logged in."""
    with parts_of(app).database.writing() as session:
        of = find_organization(session, organization) if organization else None
        session.add(User(name=name, password_hash=CHEAP, role=role, organization=of))
    browser = Browser(app)
    browser.enter(name)
    return browser

"""The operator's console: what runs, what failed and why, in pages that need no JavaScript and no foreign host."""

from __future__ import annotations

from flask import Flask, current_app
from flask_bootstrap import Bootstrap5
from flask_login import current_user
from flask_wtf import CSRFProtect

from deployment.console import (
    account,
    actions,
    audited,
    deployment,
    deployments,
    execution,
    executions,
    health,
    keys,
    login,
    overview,
    people,
    results,
    styles,
    trying,
    users,
    webhooks,
)
from deployment.console.errors import page_for_people
from deployment.console.page import console
from deployment.console.session import SecureWhereItCanBe

__all__ = ["page_for_people", "register"]

PAGES = (
    login,
    account,
    overview,
    executions,
    execution,
    actions,
    results,
    deployments,
    deployment,
    keys,
    webhooks,
    trying,
    health,
    users,
    audited,
    styles,
)
"""The modules that declare pages; to import them is to declare these."""
Link = tuple[str, str, bool]
LINKS = "airlock.console.links"
NAVIGATION: tuple[Link, ...] = (
    ("console.overview", "Overview", False),
    ("console.executions", "Executions", False),
    ("console.deployments", "Deployments", False),
    ("console.health", "Health", False),
    ("console.users", "People", True),
)
"""Pages that are always one click away: endpoint, word, and whether for administrators of the installation alone."""
SETTINGS = {
    "BOOTSTRAP_SERVE_LOCAL": True,
    "SESSION_COOKIE_NAME": "airlock",
    "SESSION_COOKIE_SAMESITE": "Lax",
    "WTF_CSRF_CHECK_DEFAULT": False,  # the console's forms alone have cookies to protect; see `page`
    "WTF_CSRF_TIME_LIMIT": None,  # a token lives as long as its session
}


@console.app_context_processor
def known_to_pages() -> dict[str, object]:
    """Also to a page that tells of an error, which is of no blueprint."""
    return {"navigation": (*NAVIGATION, *current_app.extensions[LINKS]), "current_user": current_user}


def register(app: Flask, *links: Link) -> None:
    """Give `app` the console, with links to pages that others have."""
    app.extensions[LINKS] = links
    app.config.update(SETTINGS)
    app.session_interface = SecureWhereItCanBe()
    Bootstrap5(app)
    CSRFProtect(app)
    people.install(app)
    app.register_blueprint(console)

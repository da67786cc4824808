"""Who uses the console, and what this person may see and do. What is of another organisation looks like nothing."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from flask import Flask, Response, g, redirect, request, url_for
from flask_login import AnonymousUserMixin, LoginManager, UserMixin, current_user

from deployment.api.errors import Refused, refused
from deployment.deployments import find_deployment
from deployment.executions import find_execution
from deployment.logins import find_session
from deployment.models import Deployment, Execution, Role, User, UserSession
from deployment.parts import current_parts as parts

RANKS = list(Role)


class Person(UserMixin):  # type: ignore[misc]
    """Who is logged in, in which session; `token` is what the browser has of it."""

    def __init__(self, session: UserSession, token: str) -> None:
        self.user: User = session.user
        self.session, self.token = session, token

    def get_id(self) -> str:
        return self.token

    @property
    def organization_id(self) -> UUID | None:
        """None for who sees all organisations."""
        return self.user.organization_id

    def has(self, role: str, *, of_all: bool = False) -> bool:
        """Whether this person may do what a role may; `of_all`, in the whole installation."""
        enough = RANKS.index(Role(self.user.role)) >= RANKS.index(Role(role))
        return enough and (self.organization_id is None or not of_all)

    def sees(self, organization_id: UUID) -> bool:
        """Whether what an organisation has is shown to this person."""
        return self.organization_id in (None, organization_id)


def install(app: Flask) -> None:
    """Without Flask-Login's own `init_app`: for cookies that it remembers people by, it would read each request's."""
    manager = LoginManager()
    manager.user_loader(_load)
    app.login_manager = manager  # type: ignore[attr-defined]


def require(role: Role, of_all: bool = False) -> Response | None:
    """Nothing if this person has the role; the way to the login if nobody is logged in. Raises `Refused` with 403."""
    if not current_user.is_authenticated:
        wanted = request.full_path.rstrip("?") if request.method == "GET" else None
        return cast(Response, redirect(url_for("console.login", next=wanted), 303))
    if not person().has(role, of_all=of_all):
        whom = f"{'an' if role[0] in 'ao' else 'a'} {role}{' of the whole installation' if of_all else ''}"
        raise refused(403, "permission_denied", f"This is for {whom}; you are {person().user.role}.")
    return None


def known_person() -> Any:
    """Who is logged in as far as that is known: nothing is asked, since the database may be what is away."""
    return g.get("_login_user") or AnonymousUserMixin()


def person() -> Person:
    """Who is logged in."""
    return cast(Person, current_user)


def actor() -> str:
    """As `issuing.actor_of`, for the audit."""
    return f"user {person().user.name}"


def visible_run(execution_id: UUID) -> Execution:
    """The run, if this person may see it; raises `Refused` with 404 else."""
    execution = find_execution(parts(), execution_id)
    if execution is None or not person().sees(execution.organization_id):
        raise nothing("execution")
    return execution


def visible_deployment(organization: str, name: str) -> Deployment:
    """The deployment, if this person may see it; raises `Refused` with 404 else."""
    with parts().database.reading() as session:
        deployment = find_deployment(session, organization, name)
    if deployment is None or not person().sees(deployment.organization_id):
        raise nothing("deployment")
    return deployment


def nothing(what: str) -> Refused:
    """404: there is no such thing, or it is of others."""
    return refused(404, "not_found", f"There is no such {what} here.")


def _load(token: str) -> Person | None:
    with parts().database.reading() as session:
        found = find_session(session, token)
    return Person(found, token) if found else None

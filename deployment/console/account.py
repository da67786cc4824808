"""One's own account: another password, and where one is logged in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, session, url_for

from deployment.console.page import form, page
from deployment.console.people import actor, person
from deployment.logins import end_sessions, sessions_of
from deployment.models import Role
from deployment.parts import current_parts as parts
from deployment.passwords import WeakPassword, hash_of, matches
from deployment.users import set_password


@page("/account", Role.VIEWER)
def account() -> str:
    """Who I am, and where."""
    with parts().database.reading() as reading:
        return render_template("console/account.html", sessions=sessions_of(reading, person().user))


@form("/account/password", Role.VIEWER)
def change_password() -> Any:
    """Change it, for who knows the old one; all sessions end, this one too."""
    old, new = request.form.get("old", ""), request.form.get("new", "")
    if not matches(old, person().user.password_hash):
        flash("That is not your password.", "danger")
        return redirect(url_for("console.account"), 303)
    try:
        hashed = hash_of(new, person().user.name)
    except WeakPassword as error:
        flash(str(error), "danger")
        return redirect(url_for("console.account"), 303)
    with parts().database.writing() as writing:
        set_password(writing, person().user.name, hashed, by=actor())
    session.clear()
    return redirect(url_for("console.login"), 303)


@form("/account/sessions/<uuid:session_id>/end", Role.VIEWER)
def end_session(session_id: UUID) -> Response:
    """Log one's own browser out that is elsewhere."""
    with parts().database.writing() as writing:
        end_sessions(writing, person().user, only=session_id)
    flash("That session has ended.", "success")
    return redirect(url_for("console.account"), 303)  # type: ignore[return-value]

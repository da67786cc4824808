"""What a person sees who is refused: a page, in words."""

from __future__ import annotations

from flask import Response, make_response, render_template, request

from deployment.api.errors import Refused
from deployment.console.page import restrict
from deployment.console.people import known_person

TITLES = {
    400: "That cannot be done so",
    403: "Not for you",
    404: "Nothing here",
    405: "Not in this way",
    409: "Not possible as things stand",
    413: "Too large",
    429: "Too many at once",
    503: "A part is away",
}


def page_for_people(refused: Refused) -> Response | None:
    """The page of a refusal; None for a program, which does not ask for HTML by name as a browser does."""
    if "text/html" not in request.headers.get("Accept", ""):
        return None
    told = {"title": TITLES.get(refused.status, "An unexpected error"), "refused": refused}
    return restrict(make_response(render_template("console/error.html", current_user=known_person(), **told)))

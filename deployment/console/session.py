"""The cookie of the console's session: Flask's, signed, and sent over HTTPS alone wherever that is spoken."""

from __future__ import annotations

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface


class SecureWhereItCanBe(SecureCookieSessionInterface):
    """`Secure` on HTTPS; on plain HTTP, as on a developer's machine, a browser would not send it back."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure

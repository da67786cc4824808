"""Logging in to the console: a password is compared, slower and slower for who guesses, and a session begins.

A session is a row: it can be seen and ended by its person, and ends with a new password. The browser has its token,
which is stored nowhere else.
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session, joinedload

from deployment.clock import utcnow
from deployment.instants import NOW
from deployment.keys import digest
from deployment.models import USER_NAME, FailedLogin, User, UserSession
from deployment.parts import Parts
from deployment.passwords import matches

log = structlog.get_logger()

LIFETIME = timedelta(hours=12)
"""Of a session, a working day."""
WINDOW = timedelta(minutes=15)
"""So long a wrong password counts."""
OF_NAME_HERE, OF_ADDRESS, OF_NAME = 5, 20, 50
"""Wrong passwords for one name from one address, from one address, and for one name: the last one is high, since
anybody could lock a person out with it."""


_SESSION = (
    sa.select(UserSession)
    .join(UserSession.user)
    .where(UserSession.sha256 == sa.bindparam("sha256"), UserSession.expires_at > NOW, User.active)
    .options(joinedload(UserSession.user).joinedload(User.organization))
)


class WrongLogin(Exception):
    """The name or the password is wrong, or the user was disabled."""


class TooManyLogins(Exception):
    """Too many wrong passwords; try again in a quarter of an hour."""


def log_in(parts: Parts, name: str, password: str, address: str, agent: str) -> str:
    """The token of a new session. Raises `TooManyLogins`, without looking at the password, and `WrongLogin`."""
    name, network = _storable(name.strip().lower()), network_of(address)
    with parts.database.reading() as session:
        _require_patience(session, name, network)
        user = session.scalar(sa.select(User).where(User.name == name, User.active))
    if not matches(password, user.password_hash if user else None) or user is None:
        _note_failure(parts, name, network)
        raise WrongLogin(str(WrongLogin.__doc__))
    log.info("logged_in", user=name)
    return _begin(parts, user, network, agent)


def find_session(session: Session, token: str) -> UserSession | None:
    """The session of a token that counts now, with its person and the organisation."""
    return session.scalar(_SESSION, {"sha256": digest(token)})


def sessions_of(session: Session, user: User) -> Sequence[UserSession]:
    """Where a person is logged in, the newest first."""
    mine = (UserSession.user_id == user.id, UserSession.expires_at > utcnow())
    return session.scalars(sa.select(UserSession).where(*mine).order_by(UserSession.created_at.desc())).all()


def end_sessions(session: Session, user: User, only: UUID | None = None) -> None:
    """End all sessions of a person, or the `only` one."""
    mine = sa.delete(UserSession).where(UserSession.user_id == user.id)
    session.execute(mine.where(UserSession.id == only) if only else mine)


def network_of(address: str) -> str:
    """What is counted as one: an IPv6 customer has 2^64 addresses."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else str(ip)


def _storable(name: str) -> str:
    """The name, if anybody could have it; no database takes everything that somebody may type."""
    return name if USER_NAME.fullmatch(name) else ""


def _require_patience(session: Session, name: str, network: str) -> None:
    here, named = FailedLogin.address == network, FailedLogin.name == name
    count = sa.func.count()
    question = sa.select(count.filter(here, named), count.filter(here), count.filter(named))
    counts = session.execute(question.where(FailedLogin.at > utcnow() - WINDOW)).one()
    if any(have >= most for have, most in zip(counts, (OF_NAME_HERE, OF_ADDRESS, OF_NAME), strict=True)):
        raise TooManyLogins(str(TooManyLogins.__doc__))


def _note_failure(parts: Parts, name: str, network: str) -> None:
    log.warning("login_failed", user=name, address=network)
    now = utcnow()
    with parts.database.writing() as session:
        session.execute(sa.delete(FailedLogin).where(FailedLogin.at <= now - WINDOW))
        session.add(FailedLogin(at=now, name=name, address=network))


def _begin(parts: Parts, user: User, network: str, agent: str) -> str:
    token, now = secrets.token_urlsafe(32), utcnow()
    begun = {"created_at": now, "expires_at": now + LIFETIME, "address": network, "agent": agent[:200]}
    with parts.database.writing() as session:
        session.execute(sa.delete(UserSession).where(UserSession.expires_at <= now))
        session.execute(sa.update(User).where(User.id == user.id).values(last_login_at=now))
        session.add(UserSession(user_id=user.id, sha256=digest(token), **begun))
    return token

"""The people who use the console: made, disabled, given a password; each change is noted in the audit."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from deployment.deployments import find_organization
from deployment.logins import end_sessions
from deployment.models import USER_NAME, Organization, Role, User, audit


class InvalidUser(ValueError):
    """It cannot be made, or is not there; the message says why."""


def create_user(
    session: Session, name: str, hashed: str, role: Role, organization: str | None = None, *, by: str
) -> User:
    """A person of an organisation, or of the installation. Raises `InvalidUser`.

    `hashed` is from `passwords.hash_of`, called before the transaction: it takes a tenth of a second.
    """
    name = name.lower()
    if not USER_NAME.fullmatch(name):
        raise InvalidUser(f"{name[:64]!r} is no name: letters, digits and . _ @ + -, 64 characters at most.")
    if find_user(session, name) is not None:
        raise InvalidUser(f"There is a user {name!r} already.")
    owner = _organization(session, organization)
    user = User(name=name, password_hash=hashed, role=role, organization=owner)
    session.add(user)
    session.flush()
    audit(session, user.organization_id, by, "user.created", name, role=str(role))
    return user


def disable_user(session: Session, name: str, *, by: str) -> None:
    """Nobody logs in by that name any more, and all its sessions end. Raises `InvalidUser`, also for the last one."""
    user = require_user(session, name)
    _require_another(session, user)
    user.active = False
    end_sessions(session, user)
    audit(session, user.organization_id, by, "user.disabled", user.name)


def enable_user(session: Session, name: str, *, by: str) -> None:
    """Undo `disable_user`; the password is as it was. Raises `InvalidUser`."""
    user = require_user(session, name)
    user.active = True
    audit(session, user.organization_id, by, "user.enabled", user.name)


def change_role(session: Session, name: str, role: Role, *, by: str) -> None:
    """From the next request on. Raises `InvalidUser`."""
    user = require_user(session, name)
    if role != Role.ADMINISTRATOR:
        _require_another(session, user)
    user.role = role
    audit(session, user.organization_id, by, "user.role_changed", user.name, role=str(role))


def set_password(session: Session, name: str, hashed: str, *, by: str) -> None:
    """And end all sessions: who has the old one may be in them. `hashed` as above. Raises `InvalidUser`."""
    user = require_user(session, name)
    user.password_hash = hashed
    end_sessions(session, user)
    audit(session, user.organization_id, by, "user.password_set", user.name)


def find_user(session: Session, name: str) -> User | None:
    """The person of that name, disabled or not."""
    return session.scalar(sa.select(User).where(User.name == name.lower()))


def require_user(session: Session, name: str) -> User:
    """The person of that name; raises `InvalidUser`."""
    user = find_user(session, name)
    if user is None:
        raise InvalidUser(f"There is no user {name[:64]!r}; `flask users list` shows them.")
    return user


def all_users(session: Session) -> Sequence[User]:
    """By name, with their organisations."""
    return session.scalars(sa.select(User).order_by(User.name).options(joinedload(User.organization))).all()


def _require_another(session: Session, user: User) -> None:
    """Raise `InvalidUser` if nobody else could make people any more. Two at once wait for each other's locks."""
    mine = (User.role == Role.ADMINISTRATOR, User.organization_id.is_(None), User.active)
    found = session.scalars(sa.select(User.id).where(*mine).order_by(User.id).with_for_update()).all()
    if list(found) == [user.id]:
        raise InvalidUser(f"{user.name!r} is the last administrator of the installation: make another one first.")


def _organization(session: Session, name: str | None) -> Organization | None:
    if name is None:
        return None
    found = find_organization(session, name)
    if found is None:
        raise InvalidUser(f"There is no organization {name!r}; `flask deploy` makes one.")
    return found

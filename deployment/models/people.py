"""People: who may use the console, with which role, and where they are logged in."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from deployment.clock import utcnow
from deployment.database import Model
from deployment.models.tenancy import Organization

USER_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")


class Role(StrEnum):
    """What a person may do; each may do what those before may."""

    VIEWER = "viewer"  # look at everything
    OPERATOR = "operator"  # stop, run again, delete, send again, try a deployment
    ADMINISTRATOR = "administrator"  # change deployments, keys and webhooks; of the installation: people, the queue


class User(Model):
    """A person, of one organisation, or of the whole installation where `organization_id` is None."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """In lower case."""
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    role: Mapped[str] = mapped_column(sa.String(16))
    organization_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("organization.id"))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    last_login_at: Mapped[datetime | None]

    organization: Mapped[Organization | None] = relationship()

    __tablename__ = "person"  # `user` is a word of SQL
    __table_args__ = (sa.CheckConstraint("role IN ('viewer', 'operator', 'administrator')", name="role_is_known"),)


class UserSession(Model):
    """Where a person is logged in. Only the SHA-256 of what the browser has is stored."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    sha256: Mapped[str] = mapped_column(sa.String(64), unique=True)
    address: Mapped[str] = mapped_column(sa.String(64))
    agent: Mapped[str] = mapped_column(sa.String(200))
    """What the browser calls itself: it helps a person to know a session, and proves nothing."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)

    user: Mapped[User] = relationship()


class FailedLogin(Model):
    """A password that was wrong: counted to slow down who guesses, and forgotten soon."""

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(sa.String(64))
    address: Mapped[str] = mapped_column(sa.String(64))

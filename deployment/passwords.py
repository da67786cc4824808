"""Passwords of people: hashed with Argon2id, compared a few at a time.

A comparison takes 64 MiB by intention (RFC 9106, the second recommended choice): a rush of logins must not take the
memory of the process.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 200
"""Characters: length alone is asked for (NIST SP 800-63B, section 5.1.1.2)."""
AT_ONCE = 2
_room = threading.BoundedSemaphore(AT_ONCE)


class WeakPassword(ValueError):
    """A password has 12 to 200 characters, and is not the name."""


def hash_of(password: str, name: str) -> str:
    """What is stored of a password; raises `WeakPassword`."""
    if not SHORTEST <= len(password) <= LONGEST or password.lower() == name.lower():
        raise WeakPassword(str(WeakPassword.__doc__))
    with _room:
        return _hasher().hash(password)


def matches(password: str, stored: str | None) -> bool:
    """Whether it is the password; without a stored one it takes as long, so that nobody learns who exists."""
    from argon2.exceptions import VerificationError

    with _room:
        try:
            return _hasher().verify(stored or _nobodys(), password[: LONGEST + 1]) and stored is not None
        except VerificationError:
            return False


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # of use to the console alone

    return PasswordHasher()


@cache
def _nobodys() -> str:
    return _hasher().hash("nobody has this password")

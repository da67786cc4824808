"""Passwords are stored as Argon2id at the cost that RFC 9106 names, and compared as slowly where there is nobody."""

from __future__ import annotations

import pytest

from deployment.passwords import WeakPassword, hash_of, matches

GOOD = "correct horse battery"


def test_it_is_stored_at_its_real_cost_and_never_twice_alike() -> None:
    first, second = hash_of(GOOD, "ada"), hash_of(GOOD, "ada")
    assert first.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert first != second
    assert (matches(GOOD, first), matches(GOOD + "x", first), matches(GOOD, None)) == (True, False, False)


@pytest.mark.parametrize("password", ["", "short", "x" * 201, "ada.lovelace1"])
def test_what_is_weak_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword, match="12 to 200"):
        hash_of(password, "ada.lovelace1")

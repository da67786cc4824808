"""A missing server skips a test on a developer's machine, and fails it in CI."""

from __future__ import annotations

import pytest

from tests.servers.missing import missing


@pytest.mark.parametrize(
    ("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)], ids=["local", "ci"]
)
def test_a_missing_server(ci: str, outcome: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="no server"):
        missing("no server")

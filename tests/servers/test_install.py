"""`make test` begins with one line for each server that the tests need."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.servers import install


@pytest.fixture
def bare_system(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(install, "postgres_binaries", lambda: None)
    return monkeypatch


def test_it_says_version_and_place_of_each_server(capsys: pytest.CaptureFixture[str]) -> None:
    install.main()
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines] == ["Valkey", "PostgreSQL", "rclone", "Chromium"]
    for _, version, *place in lines:
        assert version == "missing:" or (version[0].isdigit() and Path(" ".join(place)).is_file())


def test_without_root_a_missing_server_is_said_and_nothing_is_installed(
    bare_system: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bare_system.setattr(os, "geteuid", lambda: 1000)
    bare_system.setattr(install, "_apt_get", lambda *_: pytest.fail("apt-get was called"))
    install.main()
    assert "PostgreSQL missing: its tests will be skipped" in capsys.readouterr().out


def test_as_root_on_debian_only_what_is_missing_is_installed(bare_system: pytest.MonkeyPatch) -> None:
    calls: list[tuple[str, ...]] = []
    bare_system.setattr(os, "geteuid", lambda: 0)
    bare_system.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    bare_system.setattr(install, "_apt_get", lambda *words: calls.append(words))
    install.main()
    assert (calls[0][-1], calls[-1][-1]) == ("update", "postgresql")

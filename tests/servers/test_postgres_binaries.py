"""PostgreSQL's programs can be run by an account that cannot enter the place where they lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.servers.postgres_binaries import reachable_binaries, reachable_folder

NOBODY = 65_534


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """An installation as the wheel has it: programs, and the libraries two folders above them."""
    binaries = tmp_path / "package" / "installation" / "bin"
    binaries.mkdir(parents=True)
    (binaries / "postgres").write_text("a program")
    (tmp_path / "package.libs").mkdir()
    (tmp_path / "package.libs" / "library.so").write_text("a library")
    return binaries


@pytest.mark.skipif(os.geteuid() != 0, reason="another account is needed only as root")
def test_as_root_they_are_copied_with_their_libraries(wheel: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    copy = reachable_binaries(wheel, NOBODY, tmp_path / "place")
    assert (copy / "postgres").read_text() == "a program"
    assert (copy / "../../../package.libs/library.so").resolve().read_text() == "a library"


def test_they_are_used_where_they_are_when_we_run_them_ourselves(wheel: Path, tmp_path: Path) -> None:
    assert reachable_binaries(wheel, None, tmp_path / "place") == wheel


@pytest.mark.skipif(os.geteuid() != 0, reason="another account is needed only as root")
def test_its_folder_is_not_in_a_place_that_is_closed_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = reachable_folder("airlock-test-", NOBODY)
    try:
        assert (folder.stat().st_uid, folder.is_relative_to(tmp_path)) == (NOBODY, False)
    finally:
        folder.rmdir()

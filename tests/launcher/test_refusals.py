"""What the launcher refuses, it refuses in one line, before it has started anything."""

from __future__ import annotations

from pathlib import Path

from tests.launcher.launched import launch_briefly


def test_a_command_that_there_is_not() -> None:
    done = launch_briefly("demonstrate")
    assert (done.returncode, done.stderr) == (2, "usage: python -m launcher run|demo\n")


def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    done = launch_briefly("run", AIRLOCK_DATA=str(file))
    assert (done.returncode, done.stderr) == (1, f"AIRLOCK_DATA: {file} cannot be used (File exists)\n")


def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    url = "postgresql://nobody:hidden@127.0.0.1:1/none"
    done = launch_briefly("run", AIRLOCK_DATA=str(tmp_path), DATABASE_URL=url, REDIS_URL="redis://127.0.0.1:1")
    assert done.returncode == 1
    assert done.stderr.endswith("the database could not be prepared; check DATABASE_URL\n")
    assert "hidden" not in done.stderr


def test_a_start_that_fails_has_shown_the_password_that_no_later_one_knows(tmp_path: Path) -> None:
    failed = launch_briefly("run", AIRLOCK_DATA=str(tmp_path / "data"), PORT="0", GUNICORN_CMD_ARGS="--no-such-option")
    assert failed.returncode == 1
    assert "web ended with status 2" in failed.stderr
    assert failed.stdout.startswith("Log in as admin with the password ")

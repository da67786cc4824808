"""Lines: JSON on standard error where nobody watches, so that standard output is for answers."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

import logs


@pytest.fixture(autouse=True)
def _root_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level


def test_our_lines_and_those_of_libraries_have_one_form(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json")
    with structlog.contextvars.bound_contextvars(execution_id="e1"):
        structlog.get_logger("ours").info("file_ended", file=2)
        logging.getLogger("theirs").warning("disk at %s%%", 90)
    told = capsys.readouterr()
    ours, theirs = map(json.loads, told.err.splitlines())
    assert told.out == ""
    assert (ours["event"], ours["level"], ours["execution_id"], ours["file"]) == ("file_ended", "info", "e1", 2)
    assert (theirs["event"], theirs["level"], theirs["logger"]) == ("disk at 90%", "warning", "theirs")
    assert ours["timestamp"].endswith("Z")


def test_an_exception_is_one_line_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json")
    try:
        raise OSError("no route")
    except OSError:
        structlog.get_logger().exception("send_failed")
    (line,) = capsys.readouterr().err.splitlines()
    assert "OSError: no route" in json.loads(line)["exception"]


def test_a_traceback_on_a_terminal_shows_no_variables(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("console")
    secret = "".join(["hun", "ter2"])
    try:
        raise OSError("no route")
    except OSError:
        structlog.get_logger().exception("send_failed")
    told = capsys.readouterr().err
    assert "OSError: no route" in told
    assert secret not in told

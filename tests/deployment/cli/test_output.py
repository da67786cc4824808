"""How lists are shown to people: nothing is cut."""

from __future__ import annotations

from uuid import uuid4

import pytest

from deployment.cli.output import show_rows

ROW = {"id": uuid4(), "deployment": "acme/" + "long-" * 9, "error": "cannot write it: " + "word " * 30 + "end"}


def test_in_a_pipe_a_row_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    show_rows([ROW], False, "nothing")
    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["id", "deployment", "error"]
    assert all(str(value) in row for value in ROW.values())


def test_in_a_narrow_terminal_an_id_is_whole_and_nothing_is_left_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    show_rows([ROW], False, "nothing")
    shown = capsys.readouterr().out
    assert str(ROW["id"]) in shown
    assert "…" not in shown
    assert shown.count("word") == 30

"""A document is what its bytes are; its name decides only between text formats."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest

from workflows.media_type import media_type_of

HTML = b"<!DOCTYPE html><p>Hello"


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0\1", "report.pdf", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "table.csv", "image/png"),
        (b"%PDF-1.7 and so on", "letter.txt", "application/pdf"),
        (b"\0\r\n%PDF-1.4 after some junk", "x", "application/pdf"),
        (b"A text about %PDF-1.4 files", "x", "text/plain"),
        (b"{\\rtf1\\ansi Hello}", "x", "application/rtf"),
        (HTML, "x", "text/html"),
        (HTML, "x.txt", "text/html"),
        (b"\xef\xbb\xbf  " + HTML, "x", "text/html"),
        ("\ufeff<html><p>Hello".encode("utf-16-le"), "x", "text/html"),
        (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">', "x", "text/html"),
        (b"<p align=center>Hello", "x", "text/html"),
        (b"<p align=center>Hello", "README.md", "text/markdown"),
        (b"a,b\n1,2\n", "x.CSV", "text/csv"),
        (b"a,b\n1,2\n", "x", "text/plain"),
        (b'{"a": 1}', "x.json", "application/json"),
        (b"# Title", "x.md", "text/markdown"),
        (b"# Title", "x.exe", "text/plain"),
        (b"", "x.txt", "inode/x-empty"),
        (bytes(100), "x.txt", "application/octet-stream"),
    ],
)
def test_bytes_come_before_the_name(tmp_path: Path, data: bytes, name: str, expected: str) -> None:
    (tmp_path / "document").write_bytes(data)
    assert media_type_of(tmp_path / "document", name) == expected


@pytest.mark.parametrize("kind", ["docx", "xlsx", "pptx"])
def test_office_files_are_told_apart_whatever_they_are_called(samples: dict[str, Path], kind: str) -> None:
    expected = {"docx": "wordprocessingml", "xlsx": "spreadsheetml", "pptx": "presentationml"}[kind]
    assert expected in media_type_of(samples[kind], "letter.txt")


def test_an_opendocument_file_says_what_it_is(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "document", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", "<x/>")
    assert media_type_of(tmp_path / "document", "x.docx") == "application/vnd.oasis.opendocument.text"

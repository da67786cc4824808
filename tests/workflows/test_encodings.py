"""Text is read in whatever encoding it was written in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workflows.running import extract_bytes, run_on
from workflows import DocumentError, Registry

FRENCH = "L'été dernier, la bibliothèque du port a prêté près de cinq mille livres à ses élèves, déjà très motivés.\n"
EURO = "Der Vorrat wurde für 300 € verkauft, „zu günstig“, sagte die Käuferin später über den Händler.\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("text", [FRENCH, EURO], ids=["french", "german"])
def test_text_is_read_in_its_encoding(tmp_path: Path, encoding: str, text: str) -> None:
    assert extract_bytes(tmp_path, (text * 3).encode(encoding)).text == (text * 3).strip()


@pytest.mark.parametrize(
    ("encoding", "text"), [("latin-1", FRENCH), ("cp1251", "Библиотека в порту открыта. " * 9), ("latin-1", "Café\n")]
)
def test_old_encodings_are_guessed(tmp_path: Path, encoding: str, text: str) -> None:
    result = extract_bytes(tmp_path, text.encode(encoding))
    assert result.text == text.rstrip()
    assert "does not say its encoding; it was read as cp125" in result.metadata["warnings"][0]


def test_a_page_is_read_in_the_encoding_that_it_claims(tmp_path: Path) -> None:
    page = '<html><head><meta charset="windows-1251"><title>Порт</title></head><body>Библиотека открыта</body></html>'
    result = extract_bytes(tmp_path, page.encode("cp1251"))
    assert (result.output["title"], result.text) == ("Порт", "Библиотека открыта")


@pytest.mark.parametrize("claim", ["rot13", "zlib", "punycode", "idna", "no-such-thing", "utf-16"])
def test_a_claim_that_makes_no_sense_is_passed_over(tmp_path: Path, claim: str) -> None:
    page = f'<html><head><meta charset="{claim}"></head><body>{FRENCH}</body></html>'
    assert extract_bytes(tmp_path, page.encode("cp1252")).text == FRENCH.strip()


def test_nul_in_a_text_is_shown_as_unreadable(tmp_path: Path) -> None:
    result = extract_bytes(tmp_path, b"A text with a\0 hole in it, and the rest of the line.\n" * 3)
    assert result.text is not None
    assert "\0" not in result.text
    assert "a� hole" in result.text
    assert result.metadata["warnings"] == ["Some bytes are not of the text's encoding; U+FFFD stands in their place"]


def test_a_bad_byte_far_into_a_text_does_not_turn_it_into_another_encoding(tmp_path: Path) -> None:
    text = (FRENCH * 900).encode()
    result = extract_bytes(tmp_path, text + b"\xff" + text)
    assert result.metadata["encoding"] == "utf-8"
    assert result.text == (FRENCH * 900 + "�" + FRENCH * 900).strip()
    assert result.metadata["warnings"]


def test_bytes_that_are_no_text_are_refused_to_whoever_reads_text(tmp_path: Path, registry: Registry) -> None:
    path = tmp_path / "noise.txt"
    path.write_bytes(bytes(range(256)) * 4)
    with pytest.raises(DocumentError, match="a file of an unknown type; word-count takes text/"):
        run_on(registry.get("word-count"), path)

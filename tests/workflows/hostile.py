"""Documents that were made to hurt, small enough to be tried on every workflow."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

from tests.workflows.remade import part, pdf, remade

CATALOGUE = "<< /Type /Catalog /Pages 2 0 R >>"
ONE_PAGE = "<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
PAGE = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] >>"
FONT = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
HELLO = b" BT /F 9 Tf 10 10 Td (hello there) Tj ET"
FORM = "/Type /XObject /Subtype /Form /BBox [0 0 600 800]"
SHEET, BODY = "xl/worksheets/sheet1.xml", "word/document.xml"
END = b"<w:p><w:r><w:t>a</w:t></w:r></w:p></w:body></w:document>"
LAUGHS = b'<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'

Samples = dict[str, Path]
Hostile = Callable[[Samples, Path], bytes]


def _packed(data: bytes, entries: str = "") -> str:
    packed = zlib.compress(data, 9).decode("latin-1")
    return f"<< /Length {len(packed)} /Filter /FlateDecode {entries} >>\nstream\n{packed}\nendstream"


def _painted(content: bytes, *more: str, forms: str = "") -> bytes:
    """A PDF of one page that is painted with this; the objects `more` are numbered from 6."""
    resources = f"/Resources << /Font << /F 5 0 R >> {forms} >>"
    page = f"{PAGE[:-3]} /Contents 4 0 R {resources} >>"
    return pdf(CATALOGUE, ONE_PAGE, page, _packed(content + HELLO), FONT, *more)


def _pages(kids: str, count: int) -> bytes:
    return pdf(CATALOGUE, f"<< /Type /Pages /Kids [{kids}] /Count {count} >>", PAGE)


def _form_that_draws_itself() -> bytes:
    form = _packed(b"/X Do", f"{FORM} /Resources << /XObject << /X 6 0 R >> >>")
    return _painted(b"/X Do", form, forms="/XObject << /X 6 0 R >>")


def _font_that_writes_itself() -> bytes:
    letter = _packed(b"10 0 d0 BT /F 9 Tf (aaa) Tj ET")
    font = (
        "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 10 10] /FontMatrix [1 0 0 1 0 0] /CharProcs << /a 6 0 R >> "
        "/Encoding << /Differences [97 /a] >> /FirstChar 97 /LastChar 97 /Widths [10] "
        "/Resources << /Font << /F 5 0 R >> >> >>"
    )
    page = f"{PAGE[:-3]} /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>"
    return pdf(CATALOGUE, ONE_PAGE, page, _packed(b"BT /F 9 Tf (aaa) Tj ET"), font, letter)


def _trees_that_bite_their_tails() -> bytes:
    names = "/Names << /EmbeddedFiles 4 0 R >> /Outlines 5 0 R /AcroForm << /Fields [6 0 R] >>"
    loops = "<< /Kids [4 0 R 4 0 R] >>", "<< /First 5 0 R /Next 5 0 R >>", "<< /T (a) /Kids [6 0 R] /FT /Sig >>"
    return pdf(f"{CATALOGUE[:-3]} {names} >>", ONE_PAGE, PAGE, *loops)


def _mesh() -> bytes:
    """Lines across and down, so many that each pair would take minutes to look at."""
    lines = (b"%d.%d 0 m %d.%d 800 l S 0 %d.%d m 600 %d.%d l S" % ((i // 2, i % 2 * 5) * 4) for i in range(3000))
    return _painted(b"\n".join(lines))


def _with(samples: Samples, folder: Path, kind: str, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """An Office file with one of its parts changed."""
    parts = {name: change(part(samples[kind], name))}
    return remade(samples[kind], folder / f"remade.{kind}", parts).read_bytes()


def _rows(samples: Samples, folder: Path, rows: bytes) -> bytes:
    return _with(samples, folder, "xlsx", SHEET, lambda xml: xml.replace(b"</sheetData>", rows + b"</sheetData>"))


def _body(samples: Samples, folder: Path, body: bytes) -> bytes:
    return _with(samples, folder, "docx", BODY, lambda _: b'<w:document xmlns:w="w"><w:body>' + body)


PDFS: dict[str, Hostile] = {
    "10,000 pages": lambda *_: _pages("3 0 R " * 10_000, 10_000),
    "two thousand million pages": lambda *_: _pages("3 0 R", 2_000_000_000),
    "less than no pages": lambda *_: _pages("3 0 R", -5),
    "a page tree that bites its tail": lambda *_: _pages("3 0 R 2 0 R", 4),
    "trees that bite their tails": lambda *_: _trees_that_bite_their_tails(),
    "a font that writes itself": lambda *_: _font_that_writes_itself(),
    "a form that draws itself": lambda *_: _form_that_draws_itself(),
    "a mesh of lines": lambda *_: _mesh(),
    "states upon states": lambda *_: _painted(b"q " * 200_000),
    "numbers beyond all measure": lambda *_: _painted(b"1e38 1e38 m 1e38 -1e38 l S 0 0 1e38 9e99 re S"),
    "dictionaries within dictionaries": lambda *_: pdf(CATALOGUE, ONE_PAGE, f"{PAGE[:-3]} /X {'<</a ' * 100_000} >>"),
}
OFFICE: dict[str, Hostile] = {
    "30,000 empty rows": lambda s, f: _rows(s, f, b"".join(b'<row r="%d"/>' % n for n in range(5, 30_000))),
    "20,000 rows apart": lambda s, f: _rows(
        s, f, b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (n, n) for n in range(6, 40_000, 2))
    ),
    "wide rows": lambda s, f: _rows(
        s, f, b"".join(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (n, n) for n in range(5, 90))
    ),
    "a sheet that claims a million rows": lambda s, f: _with(
        s, f, "xlsx", SHEET, lambda xml: xml.replace(b'ref="A1:C4"', b'ref="A1:XFD1048576"')
    ),
    "sheet entities": lambda s, f: _with(s, f, "xlsx", SHEET, lambda xml: LAUGHS + xml),
    "a sheet bomb": lambda s, f: _with(s, f, "xlsx", SHEET, lambda _: b"<x>" + b" " * 17_000_000),
    "tables within tables": lambda s, f: _body(s, f, b"<w:tbl><w:tr><w:tc>" * 100_000),
    "cells across a million columns": lambda s, f: _body(
        s, f, b'<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="999999"/></w:tcPr></w:tc></w:tr></w:tbl>' * 9 + END
    ),
    "blanks upon blanks": lambda s, f: _body(
        s, f, b'<w:p><w:r><w:t xml:space="preserve">' + b" " * 300_000 + b"</w:t></w:r></w:p>" + END
    ),
    "text entities": lambda s, f: _with(s, f, "docx", BODY, lambda xml: xml.replace(b"?>", b"?>" + LAUGHS, 1)),
}
TEXTS: dict[str, Hostile] = {
    "cells across and down.html": lambda *_: b"<html><table>" + b"<tr><td colspan=1000 rowspan=65534>x" * 3000,
    "cells across.html": lambda *_: b"<html><table><tr>" + b"<td colspan=1000>x" * 3000,
    "tables within tables.html": lambda *_: b"<html>" + b"<table><tr><td>" * 20_000 + b"text",
    "depth.html": lambda *_: b"<html>" + b"<div>" * 30_000 + b"text",
    "attributes.html": lambda *_: b"<html><p " + b"a=b " * 100_000 + b">text",
    "fields.csv": lambda *_: b"a," * 1_200_000,
    "quotes.csv": lambda *_: b'"' * 300_001,
    "one long row.csv": lambda *_: b"a,b\n" * 9000 + b"a," * 9000,
}
ALL = {**PDFS, **OFFICE, **TEXTS}

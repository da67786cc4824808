"""HTML, through libxml2 as a stream of tags: no tree is built, so nesting costs nothing."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import Any

from lxml import etree

from workflows.decoding import decode
from workflows.errors import DocumentError
from workflows.extraction.content import Content, Limits, reading, whole

SILENT = {"script", "style", "template", "noscript"}
INLINE = {"a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "img", "ins", "kbd"}
INLINE |= {"label", "mark", "q", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt"}
INLINE |= {"u", "var", "wbr", "acronym", "data", "html", "body"}
HARD = "\xa0"
"""The space that is kept."""
CELLS = {"td", "th"}
SPACE = re.compile(r"[ \t\r\n\f\xa0]+")
CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,30})", re.IGNORECASE)
CHARSET_WITHIN = 4096
LATIN = {"iso8859-1": "cp1252", "ascii": "cp1252"}
"""What browsers take these names for (WHATWG, Encoding, 4.2)."""
ODD = {"punycode", "idna", "unicode_escape", "raw_unicode_escape", "utf-7", "utf-16", "utf-16-le", "utf-16-be"}


def read(path: Path, limits: Limits) -> Content:
    """The text that a reader of the page sees, a line for each block, as one page."""
    content = Content(limits)
    with reading("HTML page"):
        page = _Reader()
        parse(path, limits, page)
        lines = (line.strip(" \t") for line in "".join(page.pieces).split("\n"))
        content.add("\n".join(filter(None, lines)).replace(HARD, " "))
        content.title = SPACE.sub(" ", "".join(page.title)).strip() or None
        content.language = page.language
        content.metadata.update(page.metadata)
    return content


def parse(path: Path, limits: Limits, target: Any) -> None:
    """Tell `target` of each tag and text of the page, in its order; `etree.HTMLParser` says what it must have."""
    data = whole(path, limits)
    parser = etree.HTMLParser(target=target, encoding="utf-8", huge_tree=True)
    parser.feed(_decoded(data).encode("utf-8", errors="replace"))
    parser.close()


class _Reader:
    """Takes the events of the parser. What stands in `SILENT` elements is counted, so that they may nest."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.title: list[str] = []
        self.metadata: dict[str, str] = {}
        self.language: str | None = None
        self._silent = self._verbatim = 0
        self._in_title = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._silent += tag in SILENT
        self._verbatim += tag == "pre"
        self._in_title = tag == "title" and not self.title
        if tag == "html":
            self.language = self.language or attributes.get("lang") or None
        elif tag == "meta" and attributes.get("name", "").lower() in ("author", "description"):
            self.metadata[attributes["name"].lower()] = attributes.get("content", "")
        self._break(tag)

    def end(self, tag: str) -> None:
        self._silent -= tag in SILENT
        self._verbatim -= tag == "pre"
        self._in_title = False
        if tag in CELLS:
            self.pieces.append("\t")
        self._break(tag)

    def data(self, text: str) -> None:
        if self._in_title:
            self.title.append(text)
        elif not self._silent:
            self.pieces.append(text.replace(" ", HARD) if self._verbatim else SPACE.sub(" ", text))

    def comment(self, text: str) -> None:
        return None

    def pi(self, target: str, data: str | None = None) -> None:
        return None

    def close(self) -> None:
        return None

    def _break(self, tag: str) -> None:
        if tag not in INLINE and tag not in CELLS and not self._silent:
            self.pieces.append("\n")


def _decoded(data: bytes) -> str:
    """As UTF-8 if it is, else as the page claims, else as it looks."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _as_claimed(data) or decode(data).text


def _as_claimed(data: bytes) -> str | None:
    claim = CHARSET.search(data[:CHARSET_WITHIN])
    try:
        name = codecs.lookup(claim[1].decode("ascii")).name if claim else ""
        return data.decode(LATIN.get(name, name), errors="replace") if name and name not in ODD else None
    except (LookupError, UnicodeError, DocumentError):
        return None

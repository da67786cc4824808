"""Office Open XML, the ground of DOCX, XLSX and PPTX: its parts, their relations, and the text in them."""

from __future__ import annotations

import posixpath
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from lxml import etree

from workflows.archive import DAMAGED, open_archive
from workflows.errors import DocumentError
from workflows.extraction.content import Content

MAX_XML = 256 * 1024 * 1024
"""Bytes of XML, unpacked, that a document may have."""
SMALL = 16 * 1024 * 1024
MAX_RATIO = 100
"""Above `SMALL` bytes, XML that is packed tighter than this is a bomb: text packs to a tenth, sheets to a fiftieth."""
DTD = tuple("<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))
CORE = "docProps/core.xml"
METADATA = {"author": "creator", "subject": "subject", "created": "created", "modified": "modified"}


class Package:
    """The XML of an Office file; pictures and other things in it are never unpacked. Raises `DocumentError`."""

    def __init__(self, path: Path) -> None:
        with open_archive(path) as archive:
            wanted = [entry for entry in archive.infolist() if entry.filename.lower().endswith((".xml", ".rels"))]
            _weigh(wanted)
            self.parts = {entry.filename: _unpacked(archive, entry) for entry in wanted}

    def tree(self, name: str) -> Any:
        """The root element of a part; entities are neither expanded nor fetched."""
        if name not in self.parts:
            raise DocumentError(f"The document is damaged: its part {name} is missing")
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        return etree.fromstring(self.parts[name], parser)

    def relations(self, name: str = "") -> Iterator[tuple[str, str, str]]:
        """Id, kind (the last word of its type) and part for all that the part `name`, or the package, refers to."""
        folder, file = posixpath.split(name)
        rels = posixpath.join(folder, "_rels", f"{file}.rels")
        for relation in self.tree(rels) if rels in self.parts else ():
            if isinstance(relation.tag, str) and relation.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, relation.get("Target", "")))
                yield relation.get("Id", ""), relation.get("Type", "").rpartition("/")[2], target.lstrip("/")

    def related(self, kind: str, name: str = "") -> list[str]:
        """The parts of a kind that `name`, or the package, refers to."""
        return [target for _, found, target in self.relations(name) if found == kind]

    def external(self) -> Iterator[str]:
        """The kind of each reference, in any part, to something outside of the file, such as `hyperlink`."""
        for name in self.parts:
            if name.lower().endswith(".rels"):
                for relation in self.tree(name):
                    if isinstance(relation.tag, str) and relation.get("TargetMode") == "External":
                        yield relation.get("Type", "").rpartition("/")[2]

    def main(self) -> str:
        """The part that the others hang on."""
        found = self.related("officeDocument")
        if not found:
            raise DocumentError("The document is damaged: it does not say where its text is")
        return found[0]

    def describe(self, content: Content) -> None:
        """Put title, language, author and dates into the content, as far as the document tells them."""
        if CORE not in self.parts:
            return
        told = {local(child): (child.text or "").strip() for child in self.tree(CORE)}
        content.title, content.language = told.get("title") or None, told.get("language") or None
        content.metadata.update({name: told[key] for name, key in METADATA.items() if told.get(key)})


def local(element: Any) -> str:
    """The name of an element without its namespace, of which there are two (transitional, strict)."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _weigh(entries: list[ZipInfo]) -> None:
    size, packed = sum(entry.file_size for entry in entries), sum(entry.compress_size for entry in entries)
    if size > MAX_XML or (size > SMALL and size > MAX_RATIO * packed):
        raise DocumentError(f"The document unpacks to {size // 1024**2} MiB of text: that is too much")


def _unpacked(archive: ZipFile, entry: ZipInfo) -> bytes:
    """The bytes of a part: no more than it declared (zipfile stops there), which have been weighed."""
    if entry.flag_bits & 1:
        raise DocumentError("The document is protected with a password: save it without one, and send it again")
    if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise DocumentError(DAMAGED)
    try:
        data = archive.read(entry)
    except (BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
        raise DocumentError("The document is damaged: a part of it cannot be unpacked") from error
    if any(mark in data for mark in DTD):  # forbidden in Office files (ECMA-376-2, 6.2.5), good for bombs only
        raise DocumentError("The document declares XML entities, which no Office file may")
    return data

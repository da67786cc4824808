"""DOCX, XLSX and PPTX: their properties, what is embedded in them, and whether they can run or fetch something."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from zipfile import ZipInfo

from workflows.archive import open_archive
from workflows.extraction.content import reading
from workflows.extraction.office import CORE, Package, local
from workflows.info.facts import Facts

CORE_PROPERTIES = {
    "title": "title",
    "creator": "author",
    "subject": "subject",
    "keywords": "keywords",
    "description": "description",
    "lastModifiedBy": "last_modified_by",
    "created": "created",
    "modified": "modified",
    "language": "language",
}
APP = "docProps/app.xml"
APP_PROPERTIES = {"Application": "application", "Company": "company", "Template": "template"}
CLAIMED = {"Pages": "page_count", "Words": "word_count"}
"""Counts that the program has noted when it saved the file; nobody else can know the pages."""
MACROS = ("vbaproject.bin", "xlmmacrosheet")


def read(path: Path, facts: Facts) -> None:
    """Raises `DocumentError` where the archive, or what lists its parts, is damaged."""
    with reading("document"):
        package = Package(path)
        with open_archive(path) as archive:
            _list_parts(archive.infolist(), facts)
        _tell_properties(package, facts)
        _tell_sheets(package, facts)
        facts.found["external_references"] = dict(Counter(package.external()))


def _list_parts(entries: list[ZipInfo], facts: Facts) -> None:
    """By their names, which are fixed by use: Office itself writes no other ones."""
    names = [entry.filename.lower() for entry in entries]
    embedded = [entry for entry in entries if "/embeddings/" in entry.filename.lower()]
    signatures = [name for name in names if name.startswith("_xmlsignatures/") and name.endswith(".xml")]
    facts.found.update(
        encrypted=False,
        macros=any(mark in name for name in names for mark in MACROS),
        signed=bool(signatures),
        signature_count=len(signatures),
        media_count=sum("/media/" in name for name in names),
    )
    facts.enlist("embedded_files", [{"name": _file_name(entry), "size": entry.file_size} for entry in embedded])


def _file_name(entry: ZipInfo) -> str:
    return entry.filename.rpartition("/")[2]


def _tell_properties(package: Package, facts: Facts) -> None:
    core, app = _texts(package, CORE), _texts(package, APP)
    facts.tell({known: core.get(name) for name, known in CORE_PROPERTIES.items()})
    facts.tell({known: app.get(name) for name, known in APP_PROPERTIES.items()})
    facts.found["claimed"] = {
        known: int(app[name])
        for name, known in CLAIMED.items()
        if app.get(name, "").isdecimal() and len(app[name]) < 10
    }


def _texts(package: Package, part: str) -> dict[str, str]:
    return {local(child): child.text or "" for child in package.tree(part)} if part in package.parts else {}


def _tell_sheets(package: Package, facts: Facts) -> None:
    main = package.main()
    tree = package.tree(main)
    sheets = [
        {"name": sheet.get("name", ""), "state": sheet.get("state", "visible")}
        for sheet in tree.iterfind("./{*}sheets/{*}sheet")
    ]
    if sheets:
        facts.enlist("sheets", sheets)
    if local(tree) == "presentation":
        facts.found["slide_count"] = len(package.related("slide", main))

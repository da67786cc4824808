"""PDF: its properties, pages and fonts, what is attached to it, and what protects it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from workflows.extraction.content import reading
from workflows.extraction.pdf import metadata_of
from workflows.info.facts import Facts
from workflows.info.pdf_parts import attachments_of, signatures_of
from workflows.pdf.dates import iso_date
from workflows.pdf.fonts import Font, fonts_of
from workflows.pdf.opening import LOCKED, PdfRefused, opened, opened_page

PROPERTIES = {
    "title": "Title",
    "author": "Author",
    "subject": "Subject",
    "keywords": "Keywords",
    "application": "Creator",
    "producer": "Producer",
}
DATES = {"created": "CreationDate", "modified": "ModDate"}
MAX_PAGES = 10_000
"""Pages whose sizes are looked at."""
FORMS = {
    pdfium_c.FORMTYPE_ACRO_FORM: "AcroForm",
    pdfium_c.FORMTYPE_XFA_FULL: "XFA",
    pdfium_c.FORMTYPE_XFA_FOREGROUND: "XFA",
}
PERMISSIONS = {
    "print": 3,
    "modify": 4,
    "copy": 5,
    "annotate": 6,
    "fill_forms": 9,
    "extract_for_accessibility": 10,
    "assemble": 11,
    "print_in_high_quality": 12,
}
"""Bits, from 1, of what a reader may do without the owner's password (ISO 32000-1, table 22)."""


def read(path: Path, facts: Facts) -> None:
    """Of a PDF that only its password opens, that; raises `DocumentError` where it is damaged."""
    try:
        with reading("PDF"), opened(path) as document:
            _tell(document, facts)
    except PdfRefused as refused:
        if refused.code != LOCKED:
            raise
        facts.found.update(encrypted=True, locked=True)


def _tell(document: pdfium.PdfDocument, facts: Facts) -> None:
    facts.tell({name: metadata_of(document, key) for name, key in PROPERTIES.items()})
    facts.tell({name: iso_date(metadata_of(document, key)) for name, key in DATES.items()})
    signatures = signatures_of(document)
    facts.found.update(
        pdf_version=document.get_version(),
        page_count=len(document),
        tagged=bool(pdfium_c.FPDFCatalog_IsTagged(document)),
        form=FORMS.get(pdfium_c.FPDF_GetFormType(document)),
        javascript_count=max(pdfium_c.FPDFDoc_GetJavaScriptActionCount(document), 0),
        signed=bool(signatures),
        **_protection(document),
    )
    facts.enlist("signatures", signatures)
    facts.enlist("embedded_files", attachments_of(document))
    facts.enlist("page_sizes", _page_sizes(document, facts))
    facts.enlist("fonts", _fonts(document, facts))


def _protection(document: pdfium.PdfDocument) -> dict[str, object]:
    encrypted = pdfium_c.FPDF_GetSecurityHandlerRevision(document) != -1
    allowed = pdfium_c.FPDF_GetDocPermissions(document)
    permissions = {name: not encrypted or bool(allowed >> (bit - 1) & 1) for name, bit in PERMISSIONS.items()}
    return {"encrypted": encrypted, "permissions": permissions}


def _page_sizes(document: pdfium.PdfDocument, facts: Facts) -> list[dict[str, float]]:
    """Each size in points, as a reader sees the page, with the number of pages that have it; the most common first."""
    looked_at = range(_limited(len(document), MAX_PAGES, "page sizes", facts))
    sizes = Counter(tuple(round(side, 1) for side in document.get_page_size(index)) for index in looked_at)
    return [{"width": size[0], "height": size[1], "page_count": count} for size, count in sizes.most_common()]


def _fonts(document: pdfium.PdfDocument, facts: Facts) -> list[dict[str, object]]:
    used: Counter[Font] = Counter()
    for number in range(1, _limited(len(document), facts.looked_at, "fonts", facts) + 1):
        with opened_page(document, number) as page:
            used.update(fonts_of(page))
    return [{"name": font.name, "embedded": font.embedded, "page_count": used[font]} for font in sorted(used)]


def _limited(count: int, limit: int, what: str, facts: Facts) -> int:
    if count > limit:
        facts.warnings.append(f"Only the first {limit} of {count} pages were looked at for {what}")
    return min(count, limit)

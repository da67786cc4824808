"""The fonts that a page uses."""

from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from workflows.pdf.objects import objects_of
from workflows.storable_text import clean_text

SUBSET = re.compile(r"[A-Z]{6}\+")
"""What stands before the name of a font of which only the needed letters are embedded (ISO 32000-1, 9.6.4)."""
MAX_NAME = 1024


@dataclass(frozen=True, order=True)
class Font:
    """`embedded` says whether the file has its letters; else each reader takes what it has."""

    name: str
    embedded: bool


def fonts_of(page: pdfium.PdfPage) -> set[Font]:
    """Each font once, by its name."""
    fonts = {
        ctypes.addressof(font.contents): font
        for text, _ in objects_of(page, pdfium_c.FPDF_PAGEOBJ_TEXT)
        if (font := pdfium_c.FPDFTextObj_GetFont(text))
    }
    return {Font(_name(font), pdfium_c.FPDFFont_GetIsEmbedded(font) == 1) for font in fonts.values()}


def _name(font: object) -> str:
    buffer = ctypes.create_string_buffer(MAX_NAME)
    pdfium_c.FPDFFont_GetBaseFontName(font, buffer, MAX_NAME)
    return SUBSET.sub("", clean_text(buffer.value.decode("utf-8", errors="replace")), count=1) or "unnamed"

"""What a PDF carries beside its pages: embedded files and signatures."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from workflows.pdf.dates import iso_date
from workflows.storable_text import clean_text

MAX_TEXT = 64 * 1024
"""Bytes of a name or a reason."""


def attachments_of(document: pdfium.PdfDocument) -> list[dict[str, Any]]:
    """Name, media type (where it says one) and size in bytes of each embedded file."""
    count = pdfium_c.FPDFDoc_GetAttachmentCount(document)
    return [_attachment(pdfium_c.FPDFDoc_GetAttachment(document, index)) for index in range(count)]


def signatures_of(document: pdfium.PdfDocument) -> list[dict[str, Any]]:
    """Kind, time and reason of each signature, as it says them itself: nothing is verified."""
    count = pdfium_c.FPDF_GetSignatureCount(document)
    return [_signature(pdfium_c.FPDF_GetSignatureObject(document, index)) for index in range(max(count, 0))]


def _attachment(attachment: Any) -> dict[str, Any]:
    size = ctypes.c_ulong()
    known = pdfium_c.FPDFAttachment_GetFile(attachment, None, 0, ctypes.byref(size))
    return {
        "name": _wide(pdfium_c.FPDFAttachment_GetName, attachment),
        "media_type": _wide(pdfium_c.FPDFAttachment_GetSubtype, attachment),
        "size": size.value if known else None,
    }


def _signature(signature: Any) -> dict[str, Any]:
    return {
        "kind": _narrow(pdfium_c.FPDFSignatureObj_GetSubFilter, signature),
        "time": iso_date(_narrow(pdfium_c.FPDFSignatureObj_GetTime, signature) or ""),
        "reason": _wide(pdfium_c.FPDFSignatureObj_GetReason, signature),
    }


def _wide(get: Callable[..., int], source: Any) -> str | None:
    return _text(get, source, ctypes.c_ushort, "utf-16-le")


def _narrow(get: Callable[..., int], source: Any) -> str | None:
    return _text(get, source, ctypes.c_char, "latin-1")


def _text(get: Callable[..., int], source: Any, kind: Any, encoding: str) -> str | None:
    """PDFium says how many bytes there are, its NUL at the end included, and then gives them."""
    size = get(source, None, 0)
    if not 0 < size <= MAX_TEXT:
        return None
    buffer = ctypes.create_string_buffer(size)
    get(source, ctypes.cast(buffer, ctypes.POINTER(kind)), size)
    return clean_text(buffer.raw[:size].decode(encoding, errors="replace").rstrip("\0")) or None

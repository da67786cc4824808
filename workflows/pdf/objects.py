"""What a page is painted with: texts, paths, pictures, also those within forms (drawings within drawings)."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

MAX_DEPTH = 15
"""How deep forms are followed."""

Matrix = tuple[float, float, float, float, float, float]
UNMOVED: Matrix = (1, 0, 0, 1, 0, 0)


def objects_of(page: pdfium.PdfPage, kind: int) -> Iterator[tuple[Any, Matrix]]:
    """The objects of a kind, such as `FPDF_PAGEOBJ_PATH`, each with what takes its coordinates to those of the page."""
    count = pdfium_c.FPDFPage_CountObjects(page)
    yield from _among((pdfium_c.FPDFPage_GetObject(page, index) for index in range(count)), kind, UNMOVED, 0)


def _among(objects: Iterator[Any], wanted: int, matrix: Matrix, depth: int) -> Iterator[tuple[Any, Matrix]]:
    for found in objects:
        kind = pdfium_c.FPDFPageObj_GetType(found)
        if kind == wanted:
            yield found, _product(_matrix(found), matrix)
        elif kind == pdfium_c.FPDF_PAGEOBJ_FORM and depth < MAX_DEPTH:
            yield from _among(_parts(found), wanted, _product(_matrix(found), matrix), depth + 1)


def _parts(form: Any) -> Iterator[Any]:
    count = pdfium_c.FPDFFormObj_CountObjects(form)
    return (pdfium_c.FPDFFormObj_GetObject(form, index) for index in range(count))


def _matrix(found: Any) -> Matrix:
    matrix = pdfium_c.FS_MATRIX()
    pdfium_c.FPDFPageObj_GetMatrix(found, ctypes.byref(matrix))
    return matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f


def _product(one: Matrix, other: Matrix) -> Matrix:
    """First `one`, then `other`."""
    a, b, c, d, e, f = one
    g, h, i, j, k, m = other
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m

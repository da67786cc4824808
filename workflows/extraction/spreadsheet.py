"""XLSX, through openpyxl: one page for each sheet, a line for each row, tabs between the cells."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import openpyxl

from workflows.extraction.content import Content, Limits, reading
from workflows.extraction.office import Package


def read(path: Path, limits: Limits) -> Content:
    """The values as Excel last computed them; rows without any are left out."""
    content = Content(limits)
    with reading("XLSX"):
        package = Package(path)
        with opened(package) as workbook:
            content.expect(len(workbook.worksheets))
            for sheet in workbook.worksheets:
                sheet.reset_dimensions()  # they are only claimed
                content.add("\n".join(_lines(sheet, content)), sheet.title)
        package.describe(content)
    return content


@contextmanager
def opened(package: Package) -> Iterator[Any]:
    """The workbook, for reading the values of its sheets row by row."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl tells of drawings and styles that it leaves out
        yield openpyxl.load_workbook(_only_xml(package), read_only=True, data_only=True)


def _only_xml(package: Package) -> io.BytesIO:
    copy = io.BytesIO()
    with ZipFile(copy, "w", ZIP_STORED) as archive:
        for name, data in package.parts.items():
            archive.writestr(name, data)
    return copy


def _lines(sheet: Any, content: Content) -> Iterator[str]:
    for row in sheet.iter_rows(values_only=True):
        line = "\t".join(map(_shown, row)).rstrip("\t")
        content.weigh(len(line) // 2)  # each half of the limit: here, and when the page is added
        if line:
            yield line


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return str(value.date() if value.time() == time() else value)
    return value.isoformat() if isinstance(value, date | time) else str(value)

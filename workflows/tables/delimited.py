"""CSV and TSV: the file is one table, and nobody says whether its first row is a heading."""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from itertools import islice
from pathlib import Path

from workflows.decoding import decode
from workflows.extraction.content import Limits, whole
from workflows.tables.table import Row, Table, Tables, Wanted

DELIMITERS = ",;\t|"
SAMPLE_ROWS, SAMPLE_CHARACTERS = 100, 64 * 1024
"""What the delimiter is told from. The standard library's sniffer takes minutes over some samples."""


def read(path: Path, wanted: Wanted) -> Tables:
    """The rows of the file; an empty field is an empty cell, any other one a text, as CSV has no types."""
    csv.field_size_limit(sys.maxsize)
    tables = Tables(wanted)
    text = decode(whole(path, Limits(pages=1, characters=wanted.max_characters))).text
    tables.weigh(characters=len(text))
    rows: list[Row] = []
    for fields in csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)):
        tables.expect(cells=len(fields))
        rows.append([field or None for field in fields])
    tables.add(Table(rows))
    return tables


def _delimiter(text: str) -> str:
    """The one that parts most rows into equally many fields; a comma where none parts any."""
    return max(DELIMITERS, key=lambda delimiter: _agreement(text[:SAMPLE_CHARACTERS], delimiter))


def _agreement(sample: str, delimiter: str) -> int:
    rows = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    widths = Counter(len(row) for row in islice(rows, SAMPLE_ROWS) if len(row) > 1)
    return max(widths.values(), default=0)

"""The workflow extract-tables: the tables of a document as rows of cells, or as CSV."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field

from workflows.declaration import workflow
from workflows.document import Document
from workflows.page_spans import Pages, PageSpans
from workflows.result import Result
from workflows.tables import MODULES, READERS, read
from workflows.tables.table import Table, Wanted


def _split(value: Any) -> Any:
    return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value


class TableOptions(BaseModel):
    """Options of extract-tables."""

    format: Literal["rows", "csv"] = Field("rows", description="give each table as `rows` of cells, or as `csv` text")
    pages: PageSpans = Field("", description="pages of a PDF to look at, such as `1-3,7`; left out, all of them")
    sheets: Annotated[list[str], BeforeValidator(_split)] = Field(
        [], description="sheets of an XLSX to look at, comma-separated; left out, all of them"
    )
    min_rows: int = Field(2, ge=1, description="rows below which something is no table")
    min_columns: int = Field(2, ge=1, description="columns below which something is no table")
    unruled: bool = Field(True, description="find tables in a PDF also where no lines are drawn around their cells")
    allow_empty: bool = Field(False, description="let a PDF without any text, such as a scan, succeed")
    max_pages: int = Field(2000, ge=1, description="pages above which a PDF is refused")


@workflow(
    name="extract-tables", version="1", accepts=READERS, options=TableOptions, time_limit=120, imports=set(MODULES)
)
def extract_tables(document: Document, options: TableOptions) -> Result:
    """Tables of PDF, XLSX, DOCX, PPTX, HTML, CSV and TSV as rows of cells, or as CSV."""
    tables = read(document, _wanted(options))
    output = {
        "media_type": document.media_type,
        "table_count": len(tables.found),
        "tables": [_shown(number, table, options.format) for number, table in enumerate(tables.found, 1)],
    }
    return Result(output, {"warnings": tables.warnings})


def _shown(number: int, table: Table, form: str) -> dict[str, Any]:
    return {
        "number": number,
        **table.place,
        "name": table.name,
        "header_rows": table.header_rows,
        "row_count": len(table.rows),
        "column_count": len(table.rows[0]),
        **({"csv": table.as_csv()} if form == "csv" else {"rows": table.rows}),
    }


def _wanted(options: TableOptions) -> Wanted:
    return Wanted(
        pages=Pages.parse(options.pages),
        sheets=tuple(options.sheets),
        **options.model_dump(include={"min_rows", "min_columns", "unruled", "allow_empty", "max_pages"}),
    )

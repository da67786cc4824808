"""Makes real documents to try Airlock with: `python -m examples.documents FOLDER`."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import docx
import openpyxl

from examples import texts
from examples.pdf_pages import write_pdf
from examples.pdf_tables import write_tables


def make_documents(folder: Path) -> list[Path]:
    """Write a PDF of three pages, a DOCX and an HTML page into the folder; return their paths."""
    makers = {"report.pdf": make_pdf, "minutes.docx": make_docx, "opening-hours.html": make_html}
    return [make(folder / name) for name, make in makers.items()]


def make_more_documents(folder: Path) -> list[Path]:
    """Write an XLSX, a PPTX, a CSV, a Markdown and a text file into the folder; return their paths."""
    makers = {
        "loans.xlsx": make_xlsx,
        "report.pptx": make_pptx,
        "loans.csv": make_csv,
        "instruments.md": make_markdown,
        "letter.txt": make_text,
    }
    return [make(folder / name) for name, make in makers.items()]


def make_table_documents(folder: Path) -> list[Path]:
    """Write a PDF with a table that is drawn and one that is not, and an HTML page with a table."""
    return [make_tables_pdf(folder / "tables.pdf"), make_tables_html(folder / "tables.html")]


def make_pdf(path: Path) -> Path:
    write_pdf(path, texts.PAGES)
    return path


def make_tables_pdf(path: Path) -> Path:
    write_tables(path, [("Table 1: Loans", texts.LOANS, True), ("Table 2: Instruments", texts.INSTRUMENTS, False)])
    return path


def make_tables_html(path: Path) -> Path:
    head, *rows = [[str(cell) for cell in row] for row in texts.LOANS]
    cells = "".join(f"<th>{cell}" for cell in head), "".join(f"<tr><td>{'<td>'.join(row)}" for row in rows)
    table = f"<table><caption>Loans</caption><thead><tr>{cells[0]}</thead><tbody>{cells[1]}</tbody></table>"
    path.write_text(f"<!DOCTYPE html><html lang=en><title>Loans</title>{table}</html>", encoding="utf-8")
    return path


def make_docx(path: Path) -> Path:
    document = docx.Document()
    document.core_properties.title = "Minutes of the board"
    document.core_properties.author = "Ada Brandt"
    document.add_heading("Minutes of the board", 1)
    for paragraph in texts.MINUTES:
        document.add_paragraph(paragraph)
    table = document.add_table(0, len(texts.TASKS[0]))
    for task in texts.TASKS:
        for cell, text in zip(table.add_row().cells, task, strict=True):
            cell.text = text
    document.save(str(path))
    return path


def make_html(path: Path) -> Path:
    path.write_text(texts.NOTICE, encoding="utf-8")
    return path


def make_xlsx(path: Path) -> Path:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.worksheets[0])
    workbook.properties.title, workbook.properties.creator = "Loans", "Ada Brandt"
    for name, rows in (("Loans", texts.LOANS), ("Members", texts.MEMBERS)):
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    workbook.save(path)
    return path


def make_pptx(path: Path) -> Path:
    import pptx  # for development only: nothing of Airlock needs it

    presentation = pptx.Presentation()
    presentation.core_properties.title = texts.TITLE
    for title, paragraphs in texts.PAGES:
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = "\n".join(paragraphs)
        slide.notes_slide.notes_text_frame.text = f"Say more about: {title}"
    presentation.save(str(path))
    return path


def make_csv(path: Path) -> Path:
    with path.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows(texts.LOANS)
    return path


def make_markdown(path: Path) -> Path:
    path.write_text(texts.README, encoding="utf-8")
    return path


def make_text(path: Path) -> Path:
    path.write_text(texts.LETTER, encoding="utf-8")
    return path


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "documents")
    target.mkdir(parents=True, exist_ok=True)
    for document in (*make_documents(target), *make_more_documents(target), *make_table_documents(target)):
        print(document)

"""PPTX: one page for each slide, in the order of the show, with its notes below."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workflows.extraction.content import Content, Limits, reading
from workflows.extraction.office import Package, local
from workflows.extraction.office_text import is_placeholder, text_of

TITLES = {"title", "ctrTitle"}


def read(path: Path, limits: Limits) -> Content:
    """The text of each slide; a slide is named by its title."""
    content = Content(limits)
    with reading("PPTX"):
        package = Package(path)
        slides = slides_of(package)
        content.expect(len(slides))
        for slide in slides:
            _add_slide(package, slide, content)
        package.describe(content)
    return content


def slides_of(package: Package) -> list[str]:
    """The parts of the slides, in the order of the show."""
    main = package.main()
    parts = {name: target for name, kind, target in package.relations(main) if kind == "slide"}
    shown = package.tree(main).iterfind("./{*}sldIdLst/{*}sldId")
    return [parts[relation] for slide in shown if (relation := _relation(slide)) in parts]


def _relation(slide: Any) -> str:
    return next((value for name, value in slide.attrib.items() if name.endswith("}id")), "")


def _add_slide(package: Package, slide: str, content: Content) -> None:
    tree = package.tree(slide)
    notes = [text_of(package.tree(part)).strip() for part in package.related("notesSlide", slide)]
    content.add("\n\n".join(filter(None, [text_of(tree).strip(), *notes])), _title(tree))


def _title(tree: Any) -> str | None:
    for shape in tree.iter("{*}sp"):
        if local(shape) == "sp" and is_placeholder(shape, TITLES):
            return " ".join(text_of(shape).split()) or None
    return None

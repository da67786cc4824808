"""What stands in the sample documents: the year of a harbour library."""

from __future__ import annotations

TITLE = "Annual report of the Harbour Library"
PAGES = [
    (
        TITLE,
        [
            "The Harbour Library lent 48,210 books this year, a tenth more than the year before. Most of them went to "
            "readers under sixteen, who now hold one card in three.",
            "The reading room was open on 301 days. It was closed for two weeks in March, when the roof was repaired.",
        ],
    ),
    (
        "Money",
        [
            "The city gave 310,000 euros, members gave 42,500 euros. Salaries took two thirds of it, books a fifth, "
            "and heating more than we had planned.",
            "Our café in the former pilot's house earned 9,800 euros, its first surplus since it opened.",
        ],
    ),
    (
        "Plans",
        [
            "Next year the library will lend musical instruments: violins, guitars and one accordion.",
            "The catalogue will move to a new system in June. Readers keep their cards and their numbers.",
        ],
    ),
]
MINUTES = [
    "Present: Ada Brandt, Joris Maes, Lena Öztürk. The minutes of the last meeting were approved.",
    "Joris reports that the roof is dry. The last invoice was paid on the ninth of May.",
    "Lena proposes to open on Sundays from October, with volunteers. All agree.",
]
TASKS = [("Who", "What", "Until"), ("Ada", "Write to the city", "1 June"), ("Lena", "Find volunteers", "15 August")]
Row = tuple[str | int, ...]
LOANS: list[Row] = [
    ("Month", "Books", "Films"),
    ("January", 4100, 610),
    ("February", 3890, 580),
    ("March", 1720, 240),
]
MEMBERS: list[Row] = [("Group", "Members"), ("Children", 1240), ("Adults", 2310)]
INSTRUMENTS: list[Row] = [
    ("Instrument", "Maker", "Lent"),
    ("Violin", "Harbour Strings of Oostende", 41),
    ("Guitar", "R. Maes", 37),
    ("Accordion", "Brandt and Sons", 5),
]
NOTICE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Opening hours</title><style>body { margin: 2em }</style></head>
<body>
<h1>Opening hours</h1>
<p>The library is open from <b>Tuesday to Saturday</b>, ten to six.</p>
<ul><li>The reading room closes at five.</li><li>The caf&eacute; opens at nine.</li></ul>
<script>document.title = "not a text"</script>
</body>
</html>
"""
README = """# Lending instruments

You may borrow **one** instrument for eight weeks.

- Bring your card.
- Return it tuned.
"""
LETTER = """Dear readers,

the roof is repaired, and the reading room is open again. Thank you for your patience.

The Harbour Library
"""

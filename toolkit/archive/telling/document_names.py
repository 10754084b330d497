"""Name the documents of an output, for those who write them and those who meet them there."""

from __future__ import annotations

import re

INDEX = "report.html"
"""The first page of the run."""

PAGES = "report"
"""The folder of the recordings' own pages."""

REPORT, QUARANTINE, PREMIS = "report.csv", "quarantine.csv", "premis.xml"
TABLES = (REPORT, QUARANTINE, PREMIS)

_FURTHER = re.compile(r"report-(\d+)\.html")


def page_name(number: int) -> str:
    """Return the name of one of the run's pages, counted from 1.

    >>> page_name(1), page_name(2)
    ('report.html', 'report-2.html')
    """
    return INDEX if number == 1 else f"report-{number}.html"


def page_number(name: str) -> int | None:
    """Return which of the run's pages a name is that of, None if of none.

    >>> page_number("report-2.html"), page_number("report-my.html")
    (2, None)
    """
    if name == INDEX:
        return 1
    found = _FURTHER.fullmatch(name)
    return int(found[1]) if found else None


def is_document(path: str) -> bool:
    """Return whether a file of an output describes it: a table, a page.

    Such may be made again at any time, and nothing vouches for them but a list.
    """
    first, _, rest = path.partition("/")
    if rest:
        return first == PAGES
    return first in TABLES or page_number(first) is not None

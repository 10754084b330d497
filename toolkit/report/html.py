"""Pieces that HTML pages are made of: safe text, links by bytes, tables, one look for all.

Pages work from a disk, without a network or a library. Whatever comes from outside (names of files,
messages, tags) is text and is escaped where it is put in; only `Html` goes in as it is. A policy in
each page's head lets no script run but the page's own, should anything ever slip through.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from html import escape
from typing import Any, Self
from urllib.parse import quote

from markupsafe import Markup

_NONE = "–"
# Control characters, and those that turn the direction of writing around what follows: with them a
# name can look like another one. The joiners that some scripts need are left.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_STRAY_BYTE = re.compile("[\ud800-\udfff]")
_LINES = "\n\t"

SORTED_STYLE = """
.totals { display: flex; flex-wrap: wrap; gap: .8em 2.5em; padding: 0; list-style: none }
.totals b { display: block; font-size: 1.5em; font-weight: 600 }
th button { all: unset; cursor: pointer; font-weight: 600 }
th button::after { content: " ↕"; color: var(--faint) }
th[aria-sort=ascending] button::after { content: " ↑" }
th[aria-sort=descending] button::after { content: " ↓" }
th button:focus-visible { outline: 3px solid var(--link) }
"""
"""Of pages with totals and tables whose heads sort."""

# Without it the tables are as complete, only in the order in which they were written.
SORTED_SCRIPT = """
"use strict";
const tables = [...document.querySelectorAll("table.sortable")];
const value = (row, at) => row.cells[at].dataset.value ?? row.cells[at].textContent.trim();
const compare = (a, b) => Number(a) - Number(b) || a.localeCompare(b, undefined, {numeric: true});
function sort(table, head) {
  const down = head.getAttribute("aria-sort") === "ascending", sign = down ? -1 : 1;
  for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const rows = [...table.tBodies[0].rows].map((row) => [value(row, head.cellIndex), row]);
  rows.sort(([a], [b]) => (a === "") - (b === "") || sign * compare(a, b));
  table.tBodies[0].append(...rows.map(([, row]) => row));
}
for (const table of tables) {
  for (const head of table.tHead.querySelectorAll("th:not(.plain)")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(table, head));
  }
}
"""
"""Lets the heads of tables of the class ``sortable`` sort them, except those called ``plain``."""

# Ink on paper has a contrast of 4.5 at least in either scheme (WCAG 2.2, success criterion 1.4.3).
_STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1a; --paper: #ffffff; --faint: #5c5c58;
  --line: #d4d4d0; --shade: #f4f4f1; --link: #0b57a4; --bad: #a3120a; --warn: #7a4b00;
  --good: #1a6b2f }
@media (prefers-color-scheme: dark) { :root { --ink: #e9e9e6; --paper: #171716; --faint: #a9a9a4;
  --line: #40403c; --shade: #242422; --link: #8ab8f0; --bad: #ff9a8f; --warn: #f0c069;
  --good: #86d39a } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  margin: 0 auto; padding: 1.5em 1.5em 4em; max-width: 90em; overflow-wrap: anywhere }
h1 { font-size: 1.6em; line-height: 1.25 } h2 { font-size: 1.2em; margin-top: 2em }
a { color: var(--link) } :focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
table { border-collapse: collapse; margin: 1em 0; overflow-wrap: normal }
caption { text-align: left; color: var(--faint); padding: .3em 0 }
th, td { border-bottom: 1px solid var(--line); padding: .3em .8em .3em 0; text-align: left;
  vertical-align: top }
.number { text-align: right; font-variant-numeric: tabular-nums }
td.number { white-space: nowrap }
.wide { overflow-x: auto } .faint { color: var(--faint) } .bad { color: var(--bad) }
.warn { color: var(--warn) } .good { color: var(--good) } .name { overflow-wrap: anywhere }
.note { border-left: 4px solid var(--warn); background: var(--shade); padding: .6em 1em }
code, pre, .hash { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere }
pre { white-space: pre-wrap } audio { width: 100% } img { max-width: 100%; height: auto }
"""
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="tonearm">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title><style>{style}</style></head>
<body><main>
<h1>{heading}</h1>
{body}
</main>{script}</body></html>
<!-- tonearm {mark} -->
"""


class Html(Markup):
    """Hold text that is markup already; whatever is formatted or joined into it is escaped."""

    __slots__ = ()

    @classmethod
    def escape(cls, text: Any, /) -> Self:
        """Return a value as markup, what cannot be seen in it written out."""
        return cls(text) if hasattr(text, "__html__") else super().escape(shown(str(text)))


_TITLE = Html('<th scope="col">{}</th>')


def shown(text: str, keep: str = _LINES) -> str:
    r"""Return text in which what cannot be seen or stored is written out.

    Bytes of a file name that are no UTF-8 become ``\xff``, and characters that control a terminal
    or the direction of writing ``\u202e``, except for those to keep.
    """
    if text.isprintable():
        return text
    text = _STRAY_BYTE.sub(lambda match: f"\\x{ord(match[0]) & 0xFF:02x}", text)
    return _UNSEEN.sub(lambda match: match[0] if match[0] in keep else _code(match[0]), text)


def name(text: str) -> Html:
    """Return a file's name or path, whose direction of writing does not reach beyond it."""
    return Html(f'<bdi class="name">{_raw(shown(text, keep=""))}</bdi>')


def link(path: str) -> str:
    """Return a relative URL of a path whose parts are divided by ``/``, byte by byte."""
    return quote(path.encode("utf-8", "surrogateescape"), safe="/")


def anchor(url: str, content: Any) -> Html:
    """Return a link, or the content alone if there is nothing to link to."""
    inside = _raw(content)
    return Html(f'<a href="{_raw(url)}">{inside}</a>' if url else inside)


def join(pieces: Iterable[Any], between: str = "") -> Html:
    """Return pieces one after the other."""
    return Html(_raw(between).join(map(_raw, pieces)))


def number(value: float | None, digits: int = 1) -> Html:
    """Return a table's cell with a number to sort by, or a dash where there is none."""
    if value is None:
        return Html(f'<td class="number faint" data-value="">{_NONE}</td>')
    text = f"{value:.{digits}f}"
    text = text if float(text) else text.removeprefix("-")
    return Html(f'<td class="number" data-value="{value:.6g}">{text}</td>')


def column(title: str) -> Html:
    """Return the title of a column of numbers, which stands above their right ends."""
    return Html('<th scope="col" class="number">{}</th>').format(title)


def cell(content: Any, value: str = "") -> Html:
    """Return a table's cell, with what to sort by if that is not the text in it."""
    if value:
        return Html('<td data-value="{}">{}</td>').format(value, content)
    return Html(f"<td>{_raw(content)}</td>")


def table(
    head: Sequence[Any], rows: Iterable[Sequence[Any]], caption: str = "", kind: str = ""
) -> Html:
    """Return a table, or a word that there is nothing to put in it.

    Parameters
    ----------
    head : sequence
        Titles of the columns: text, or made by `column`.
    rows : iterable of sequence
        Cells made by `cell` and `number`, or anything else, which becomes text.
    caption : str
        What the table shows.
    kind : str
        CSS class.
    """
    lines = "".join(f"<tr>{''.join(map(_cell, row))}</tr>\n" for row in rows)
    if not lines:
        return Html("<p>Nothing.</p>")
    titles = join(each if _is_cell(each) else _TITLE.format(each) for each in head)
    above = Html("<caption>{}</caption>").format(caption) if caption else Html()
    opening = Html('<table class="{}">').format(kind) if kind else Html("<table>")
    return Html(
        # Focusable, so that a table wider than the window can be moved with the keys.
        '<div class="wide" tabindex="0" role="group">{}{}<thead><tr>{}</tr></thead>\n'
        "<tbody>{}</tbody></table></div>\n"
    ).format(opening, above, titles, Html(lines))


def pairs(facts: Mapping[str, Any], caption: str = "") -> Html:
    """Return a table of names and values; values that hold others are written in words."""
    rows = [
        (Html('<th scope="row">{}</th>').format(key.replace("_", " ")), words(value))
        for key, value in facts.items()
    ]
    return table(("Fact", "Value"), rows, caption)


def words(value: Any) -> str:
    """Return plain data in words: a mapping as ``key value, key value``."""
    if value is None or value == "":
        return _NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key.replace('_', ' ')} {words(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(words, value)) or _NONE
    return str(value)


def player(url: str, preload: str = "none") -> Html:
    """Return a player of a recording."""
    return Html('<audio controls preload="{}" src="{}"></audio>').format(preload, url)


def size(num_bytes: int) -> str:
    """Return a number of bytes in words."""
    if num_bytes < 1000:
        return f"{num_bytes} B"
    value, unit = num_bytes / 1000, "kB"
    for larger in ("MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.1f} {unit}"


def clock(seconds: float) -> str:
    """Return a length of time as minutes and seconds, or hours as well."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def page(
    title: str, body: Html, *, style: str = "", script: str = "", mark: str = "", heading: Any = ""
) -> bytes:
    """Return a page.

    Parameters
    ----------
    title : str
        Of the page, and its heading unless another is given.
    style, script : str
        Of this page, trusted.
    mark : str
        A word about what the page was made from, for `mark_of`.
    """
    policy = "default-src 'none'; img-src 'self' file: data:; media-src 'self' file:; "
    policy += "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    if script:
        digest = b64encode(sha256(script.encode()).digest()).decode()
        policy += f"; script-src 'sha256-{digest}'"
    text = Html(_PAGE).format(
        mark=mark,
        policy=policy,
        title=shown(title, keep=""),
        heading=heading or shown(title, keep=""),
        style=Html(_STYLE + style),
        body=body,
        script=Html(f"<script>{script}</script>") if script else "",
    )
    return text.encode("utf-8", "backslashreplace")


def mark_of(end: bytes) -> str | None:
    """Return the mark of a page from its last bytes, None if it is none of ours or not whole."""
    found = re.search(rb"</html>\n<!-- tonearm (\w*) -->\n\Z", end)
    return None if found is None else found[1].decode()


def _is_cell(content: Any) -> bool:
    return isinstance(content, Html) and content.startswith(("<td", "<th"))


def _cell(content: Any) -> str:
    if _is_cell(content):
        return str(content)
    return f"<td>{_NONE if content is None or content == '' else _raw(content)}</td>"


def _raw(content: Any) -> str:
    """Return a value as markup that is no `Html`, for where thousands are put together."""
    return content if isinstance(content, Html) else escape(shown(str(content)))


def _code(character: str) -> str:
    point = ord(character)
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}"

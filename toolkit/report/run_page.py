"""The page of a whole batch: what failed first, then every recording, how it was done, with what.

A large collection is spread over several such pages, each with its own part of the recordings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from toolkit.report import html, run_facts
from toolkit.report.html import Html

STATES = ("done", "failed", "quarantined", "pending", "running")
_TROUBLE = ("failed", "quarantined")

_STYLE = """
.sortable img { width: 12em; max-width: none; height: auto; display: block }
.sortable .file { min-width: 16em }
.filter { display: flex; flex-wrap: wrap; gap: 1em; align-items: end; margin: 1em 0 }
.filter[hidden] { display: none } .filter input, .filter select { display: block; font: inherit }
.pages { display: flex; flex-wrap: wrap; gap: .8em; margin: 1em 0 }
"""
# Without it the tables are as complete, only without a choice among their rows.
_SCRIPT = """
const filter = document.querySelector(".filter");
const [words, state, count] = filter.querySelectorAll("input, select, output");
function show() {
  const wanted = words.value.toLowerCase().split(/\\s+/);
  let shown = 0, all = 0;
  for (const row of tables.flatMap((table) => [...table.tBodies[0].rows])) {
    const word = row.querySelector("[data-state]");
    const cells = [...row.cells].filter((cell) => !cell.contains(word));
    const text = cells.map((cell) => cell.textContent).join(" ").toLowerCase();
    const fits = wanted.every((each) => text.includes(each))
      && ["", word.dataset.state].includes(state.value);
    row.hidden = !fits;
    shown += fits;
    all += 1;
  }
  count.value = `${shown} of ${all} on this page`;
}
words.addEventListener("input", show);
state.addEventListener("input", show);
filter.hidden = false;
show();
"""


@dataclass(frozen=True)
class Row:
    """Hold what the page says of one recording.

    Parameters
    ----------
    source : str
        Path below the collection's root.
    revision : int
        Counted from 1.
    state : str
        One of `STATES`.
    page, result, original, picture : str
        Relative URLs, empty where there is none.
    attempts : int
        How often it was tried.
    duration, seconds : float
        Of the recording; of the work.
    before, after : Mapping
        Measures (`toolkit.archive.measures.describe`), empty if not measured.
    warnings : tuple[str, ...]
        What the record warns of.
    code, message, hint : str
        What went wrong, and what to type.
    """

    source: str
    revision: int
    state: str
    page: str = ""
    result: str = ""
    original: str = ""
    picture: str = ""
    attempts: int = 0
    duration: float = 0.0
    seconds: float = 0.0
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    code: str = ""
    message: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Totals:
    """Hold what the page says of all recordings together.

    Parameters
    ----------
    counts : Mapping[str, int]
        Recordings by state.
    duration, seconds : float
        Of what is done: of the recordings, of the work on them.
    warned : int
        How many that are done have warnings.
    """

    counts: Mapping[str, int]
    duration: float = 0.0
    seconds: float = 0.0
    warned: int = 0


def page(
    runs: Sequence[Mapping[str, Any]],
    totals: Totals,
    rows: Sequence[Row],
    number: int,
    names: Sequence[str],
) -> bytes:
    """Return one page of a batch; the first also tells of the runs.

    Parameters
    ----------
    runs : sequence of Mapping
        Of all manifests, by their beginning: ``started``, ``ended``, ``outcome``, ``facts``.
    totals : Totals
        Of all pages.
    rows : sequence of Row
        Of this page, what failed first.
    number : int
        Of this page, from 1.
    names : sequence of str
        File names of all pages.
    """
    facts = runs[-1]["facts"] if runs else {}
    title = f"Restoration of {facts.get('collection', 'a collection')}"
    title += f", page {number}" if number > 1 else ""
    troubled = [row for row in rows if row.state in _TROUBLE]
    others = [row for row in rows if row.state not in _TROUBLE]
    pages = _pages(number, names)
    parts = [
        run_facts.banner(each for run in runs for each in run["facts"].get("checkpoints", ())),
        _totals(totals) if number == 1 else "",
        pages,
        _filter(),
        _failures(troubled) if troubled else "",
        Html("<h2>Recordings</h2>\n{}").format(_recordings(others)) if others else "",
        pages,
        run_facts.history(runs) if number == 1 else "",
        run_facts.recipe(facts) if number == 1 else "",
    ]
    return html.page(
        title,
        html.join(parts, "\n"),
        style=html.SORTED_STYLE + _STYLE,
        script=html.SORTED_SCRIPT + _SCRIPT,
    )


def _totals(totals: Totals) -> Html:
    facts: list[tuple[str, Any]] = [("recordings", sum(totals.counts.values()))]
    facts += [(state, totals.counts[state]) for state in STATES if totals.counts.get(state)]
    facts += [("with warnings", totals.warned)] if totals.warned else []
    facts.append(("hours restored", f"{totals.duration / 3600:.2f}"))
    factor = run_facts.speed(totals.duration, totals.seconds)
    if factor is not None:
        facts.append(("× real time, each worker", f"{factor:.1f}"))
    items = (Html("<li><b>{}</b> {}</li>").format(value, word) for word, value in facts)
    return Html('<ul class="totals">{}</ul>').format(html.join(items))


def _pages(number: int, names: Sequence[str]) -> Html:
    if len(names) == 1:
        return Html()
    links = (
        Html('<strong aria-current="page">{}</strong>').format(at)
        if at == number
        else html.anchor(html.link(each), at)
        for at, each in enumerate(names, 1)
    )
    return Html('<nav class="pages" aria-label="Pages">Page {}</nav>').format(html.join(links, " "))


def _filter() -> Html:
    options = html.join(Html("<option>{}</option>").format(state) for state in STATES)
    return Html(
        '<div class="filter" role="search" hidden>'
        '<label>Show rows with <input type="search"></label>'
        '<label>State <select><option value="">any</option>{}</select></label>'
        '<output aria-live="polite"></output></div>'
    ).format(options)


def _failures(rows: Sequence[Row]) -> Html:
    listed = html.table(
        (
            "Recording",
            "State",
            "Code",
            "What is wrong",
            "What to type or do",
            html.column("Attempts"),
        ),
        [
            (
                _title(row),
                run_facts.state_word(row.state),
                Html("<code>{}</code>").format(row.code),
                row.message,
                row.hint,
                html.number(row.attempts, 0),
            )
            for row in rows
        ],
        kind="sortable failures",
    )
    return Html(
        "<h2>Failures and quarantine</h2>\n<p>The same command again tries what failed; what is "
        "quarantined waits for <code>--retry-quarantined</code>, or for another file in its "
        "place.</p>\n{}"
    ).format(listed)


def _recordings(rows: Sequence[Row]) -> Html:
    picture = Html('<th scope="col" class="plain">Picture</th>')
    head: list[Any] = [picture, "Recording", "State", html.column("Length")]
    for measure in ("Noise floor, dB", "Clicks a minute", "Loudness, LUFS"):
        head += [html.column(f"{measure}, before"), html.column("after")]
    return html.table(
        (*head, html.column("× real time"), "Warnings"),
        [
            (
                _picture(row),
                _title(row),
                run_facts.state_word(row.state),
                _length(row),
                *_measures(row, "noise_floor_db", 1),
                *_measures(row, "clicks_per_minute", 0),
                *_measures(row, "lufs", 1),
                html.number(run_facts.speed(row.duration, row.seconds)),
                _warnings(row),
            )
            for row in rows
        ],
        caption="Pictures: spectrograms before (left) and after (right), on one scale.",
        kind="sortable recordings",
    )


def _picture(row: Row) -> Html:
    if not row.picture:
        return html.cell("")
    image = Html('<img loading="lazy" width="480" height="140" src="{}" alt="{}">').format(
        row.picture, f"Spectrograms of {html.shown(row.source, keep='')} before and after"
    )
    return html.cell(html.anchor(row.page, image))


def _title(row: Row) -> Html:
    revision = f", revision {row.revision}" if row.revision > 1 else ""
    links = [("result", row.result), ("source", row.original)]
    found = html.join((html.anchor(url, word) for word, url in links if url), " · ")
    return Html('<td class="file">{}{}<br><span class="faint">{}</span></td>').format(
        html.anchor(row.page, html.name(row.source)), revision, found
    )


def _length(row: Row) -> Html:
    known = row.state == "done"
    text = html.clock(row.duration) if known else "–"
    return Html('<td class="number" data-value="{}">{}</td>').format(
        row.duration if known else "", text
    )


def _measures(row: Row, key: str, digits: int) -> tuple[Html, Html]:
    return html.number(row.before.get(key), digits), html.number(row.after.get(key), digits)


def _warnings(row: Row) -> Html:
    if not row.warnings:
        return html.cell("")
    lines = html.join(row.warnings, "; ")
    return Html('<td class="warn" data-value="{}">{}</td>').format(len(row.warnings), lines)

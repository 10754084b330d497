"""The page of one recording: hear it before and after, what was measured, done, found and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from toolkit.report import ab_player, html, run_facts
from toolkit.report.ab_player import Sound
from toolkit.report.html import Html

_MEASURES = (
    ("Length", "duration", "s", 3),
    ("Peak", "peak_db", "dBFS", 2),
    ("True peak", "true_peak_db", "dBTP", 2),
    ("Level (RMS)", "level_db", "dBFS", 2),
    ("Loudness, integrated", "lufs", "LUFS", 2),
    ("Loudness range", "range_lu", "LU", 2),
    ("DC offset", "dc", "of full scale", 6),
    ("Clipped samples", "clipped_percent", "%", 4),
    ("Noise floor", "noise_floor_db", "dBFS", 2),
    ("Music above the noise", "snr_db", "dB", 2),
    ("Clicks", "clicks_per_minute", "a minute", 1),
    ("Thumps", "thumps_per_minute", "a minute", 1),
    ("Rumble below 30 Hz", "rumble_db", "dBFS", 2),
    ("Hum, fundamental", "hum_hz", "Hz", 2),
    ("Hum, level", "hum_db", "dBFS", 2),
    ("Music above the noise from", "low_hz", "Hz", 0),
    ("Music above the noise to", "high_hz", "Hz", 0),
)


@dataclass(frozen=True)
class FileFacts:
    """Hold what a page says of one recording.

    Parameters
    ----------
    source : str
        Path of the recording below the collection's root.
    state : str
        As in `toolkit.report.run_page.Row`; so are the next two.
    revision, attempts : int
        Counted from 1.
    sounds : sequence of Sound
        The recording, the result and what was taken away, as far as they can be reached.
    picture, overview, record_url : str
        Relative URLs, empty where there is none.
    record : Mapping, optional
        The record of the result, None where there is none that can be read.
    measures : Mapping
        As `toolkit.archive.measures.compare` gives them.
    files : sequence of tuple[str, str, int, str]
        Role, path, size in bytes and SHA-256.
    events : sequence of tuple[str, str, str, str]
        Time, kind, outcome and detail.
    warnings : tuple[str, ...]
        Of the record.
    size, sha256
        Of the recording: in bytes, hexadecimal.
    code, message, hint, trace : str
        What went wrong.
    """

    source: str
    state: str
    revision: int = 1
    attempts: int = 0
    sounds: Sequence[Sound] = ()
    picture: str = ""
    overview: str = ""
    record_url: str = ""
    record: Mapping[str, Any] | None = None
    measures: Mapping[str, Any] = field(default_factory=dict)
    files: Sequence[tuple[str, str, int, str]] = ()
    events: Sequence[tuple[str, str, str, str]] = ()
    warnings: tuple[str, ...] = ()
    size: int = 0
    sha256: str = ""
    code: str = ""
    message: str = ""
    hint: str = ""
    trace: str = ""


def page(facts: FileFacts, mark: str = "") -> bytes:
    """Return the page of a recording.

    Parameters
    ----------
    mark : str
        As in `toolkit.report.html.page`.
    """
    record = facts.record or {}
    parts = [
        _heading(facts),
        run_facts.banner(record.get("checkpoints", ())),
        _failure(facts) if facts.code else "",
        _warnings(facts.warnings),
        ab_player.listen(facts.sounds) if facts.sounds else "",
        _picture(facts),
        _measures(facts.measures) if facts.measures else "",
        _chain(record) if facts.record else _unknown(facts),
        _files(facts),
        _events(facts.events),
        _circumstances(record) if facts.record else "",
    ]
    body = html.join((each for each in parts if each), "\n")
    heading = html.name(facts.source)
    return html.page(
        facts.source,
        body,
        style=ab_player.STYLE,
        script=ab_player.SCRIPT,
        mark=mark,
        heading=heading,
    )


def _heading(facts: FileFacts) -> Html:
    revision = f", revision {facts.revision}" if facts.revision > 1 else ""
    links = [html.anchor(facts.overview, "all recordings")] if facts.overview else []
    links += [html.anchor(facts.record_url, "record (JSON)")] if facts.record_url else []
    return Html("<p>{}{} · {}</p>").format(
        run_facts.state_word(facts.state), revision, html.join(links, " · ")
    )


def _failure(facts: FileFacts) -> Html:
    trace = Html("<details><summary>Traceback</summary><pre>{}</pre></details>")
    return Html(
        '<h2>What went wrong</h2>\n<p class="bad"><code>{}</code> {}</p><p>{}</p>'
        "<p>Attempts: {}</p>{}"
    ).format(
        facts.code,
        facts.message,
        facts.hint,
        facts.attempts,
        trace.format(facts.trace) if facts.trace else "",
    )


def _warnings(warnings: Sequence[str]) -> Html:
    if not warnings:
        return Html()
    items = html.join(Html("<li>{}</li>").format(each) for each in warnings)
    return Html('<h2>Warnings</h2>\n<ul class="warn">{}</ul>').format(items)


def _picture(facts: FileFacts) -> Html:
    if not facts.picture:
        return Html()
    return Html(
        '<h2>Spectrograms</h2>\n<p><img width="960" height="280" src="{}" alt="{}"></p>\n'
        '<p class="faint">Before (left) and after (right), on one scale of time, frequency and '
        "level.</p>"
    ).format(facts.picture, "Spectrograms before and after")


def _measures(measures: Mapping[str, Any]) -> Html:
    before, after = measures.get("before", {}), measures.get("after", {})
    rows = []
    for title, key, unit, digits in _MEASURES:
        first, last = before.get(key), after.get(key)
        change = None if first is None or last is None else last - first
        numbers = (html.number(each, digits) for each in (first, last, change))
        rows.append((Html('<th scope="row">{}</th>').format(title), unit, *numbers))
    removed = measures.get("removed_db")
    told = (
        "" if removed is None else f"What was taken away has a level of {removed:.2f} dBFS (RMS)."
    )
    head = ("Measure", "Unit", *map(html.column, ("Before", "After", "Change")))
    return Html("<h2>Measures</h2>\n{}<p>{}</p>").format(html.table(head, rows), told)


def _unknown(facts: FileFacts) -> Html:
    if facts.state != "done":
        return Html()
    return Html(
        '<p class="note">The record beside the result cannot be read from here, so that what was '
        "done is not shown; <code>tonearm verify</code> tells whether it is there and whole.</p>"
    )


def _chain(record: Mapping[str, Any]) -> Html:
    reasons = {each["step"]: each["reason"] for each in record["decisions"]}
    rows = [
        (
            step["id"],
            step["stage"],
            html.words(step["sources"]),
            html.words(step["parameters"]),
            html.words(step["findings"]),
            reasons.get(step["id"], ""),
            html.number(step["seconds"], 2),
        )
        for step in record["steps"]
    ]
    head = ("Step", "Stage", "Of", "Parameters", "Found", "Decided because", html.column("Seconds"))
    pipeline = record["pipeline"]
    caption = html.join(("Pipeline ", pipeline["name"], ", SHA-256 ", pipeline["sha256"]))
    return Html("<h2>What was done</h2>\n{}{}").format(
        html.table(head, rows, caption), run_facts.checkpoints(record["checkpoints"])
    )


def _files(facts: FileFacts) -> Html:
    rows = [("source", html.name(facts.source), html.size(facts.size), _hash(facts.sha256))]
    rows += [
        (role, html.name(path), html.size(size), _hash(sha256))
        for role, path, size, sha256 in facts.files
    ]
    return Html("<h2>Files</h2>\n{}").format(html.table(("Role", "Path", "Size", "SHA-256"), rows))


def _hash(digits: str) -> Html:
    return Html('<span class="hash">{}</span>').format(digits or "–")


def _events(events: Sequence[tuple[str, str, str, str]]) -> Html:
    head = ("Time (UTC)", "Event", "Outcome", "Detail")
    return Html("<h2>Events</h2>\n{}").format(html.table(head, events))


def _circumstances(record: Mapping[str, Any]) -> Html:
    formats = {
        "input": record["input"]["format"],
        "output": record["output"].get("format"),
        "samples": record["input"]["num_samples"],
    }
    return Html("<h2>Settings</h2>\n{}<h2>Formats</h2>\n{}<h2>Software</h2>\n{}").format(
        html.pairs(record["settings"]), html.pairs(formats), html.pairs(record["software"])
    )

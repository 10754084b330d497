"""The page of a survey: problems first, other transfers and copies, plots, then every file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from toolkit.report import html, survey_plots
from toolkit.report.html import Html
from toolkit.report.survey_plots import Axis, Dot

_MOST_ROWS = 3000
_MOST_DOTS = 3000
_CLASSES = {"unreadable": "bad", "damaged": "bad", "notable": "warn"}

_STYLE = """
.sortable .name { display: inline-block; min-width: 14em }
.problems, .guess { display: inline-block; min-width: 18em }
"""
_PLOTS = (
    ("Duration", "duration", Axis("seconds", logarithmic=True)),
    ("Music reaches up to", "high_hz", Axis("Hz", logarithmic=True)),
    ("Music above the noise", "snr_db", Axis("dB")),
    ("Noise floor", "noise_floor_db", Axis("dB re full scale")),
    ("Clicks", "clicks_per_minute", Axis("a minute", logarithmic=True)),
    ("Loudness", "lufs", Axis("LUFS")),
    ("Tuning", "tuning_cents", Axis("cents from A = 440 Hz")),
    ("Tempo", "tempo", Axis("beats a minute")),
)
_HEAD = (
    *("file", "problems", "format", "length", "likely medium", "reach (Hz)", "noise (dB)"),
    *("SNR (dB)", "clicks a minute", "hum (Hz)", "LUFS", "tuning (cents)", "key", "tempo"),
)


def page(survey: Mapping[str, Any]) -> bytes:
    """Return the page of a survey, complete in itself.

    Parameters
    ----------
    survey : Mapping
        Plain data: ``title``, ``made``, ``totals``, ``files``, ``copies``, ``same_recordings``,
        ``same_pieces``, as the command ``survey`` writes it as JSON.
    """
    files: Sequence[Mapping[str, Any]] = survey["files"]
    parts = [
        Html('<p class="faint">Surveyed {}; nothing was changed.</p>').format(survey["made"]),
        _totals(survey["totals"]),
        *_section("Problems", _problems(files)),
        *_section("Other transfers of the same recording", _same(survey["same_recordings"])),
        *_section("Likely the same piece", _same_pieces(survey["same_pieces"])),
        *_section("Copies", _copies(survey["copies"])),
        *_section("Likely media and formats", _counts(survey["totals"])),
        *_section("Measured", _plots(files)),
        *_section("All files", _files(files)),
    ]
    title = f"Survey of {survey['title']}"
    style = html.SORTED_STYLE + _STYLE + survey_plots.STYLE
    return html.page(title, html.join(parts, "\n"), style=style, script=html.SORTED_SCRIPT)


def _section(title: str, body: Html) -> tuple[Html, ...]:
    return (Html("<h2>{}</h2>").format(title), body) if body else ()


def _totals(totals: Mapping[str, Any]) -> Html:
    facts = {
        "files": totals["files"],
        "of sound": html.clock(totals["duration"]),
        "on disk": html.size(totals["bytes"]),
        "unreadable": totals["unreadable"],
        "damaged": totals["damaged"],
        "with notes": totals["notable"],
    }
    items = (Html("<li><b>{}</b>{}</li>").format(each, words) for words, each in facts.items())
    return Html('<ul class="totals">{}</ul>').format(html.join(items))


def _problems(files: Sequence[Mapping[str, Any]]) -> Html:
    """Return a table of what is wrong, the worst first."""
    order = list(_CLASSES)
    found = [(row, each) for row in files for each in row["problems"]]
    found.sort(key=lambda pair: order.index(pair[1]["severity"]))
    rows = [
        (
            html.cell(
                Html('<span class="{}">{}</span>').format(
                    _CLASSES[each["severity"]], each["severity"]
                ),
                f"{order.index(each['severity'])}",
            ),
            html.name(row["name"]),
            each["words"],
            Html("<code>{}</code>").format(each["code"]),
        )
        for row, each in found[:_MOST_ROWS]
    ]
    head = ("how bad", "file", "what", "code")
    return html.table(head, rows, _shown(len(rows), len(found)), "sortable") if rows else Html()


def _same(groups: Sequence[Mapping[str, Any]]) -> Html:
    rows = [
        (
            html.number(number, 0),
            html.name(member["name"]),
            html.number(member["offset"], 2),
            html.number(member["speed"], 4),
            html.number(100 * (member["speed"] - 1), 2),
            html.number(member["confidence"], 2),
        )
        for number, group in enumerate(groups[:_MOST_ROWS], 1)
        for member in group["members"]
    ]
    head = ("group", "file", "begins at (s)", "speed", "faster by (%)", "confidence")
    caption = (
        "Times and speeds are those of the first file of each group. Found by acoustic "
        "fingerprint, joined from a confidence of 0.5 on."
    )
    return html.table(head, rows, caption, "sortable") if rows else Html()


def _same_pieces(pairs: Sequence[Mapping[str, Any]]) -> Html:
    rows = [
        (*map(html.name, pair["names"]), html.number(100 * pair["agreement"], 0))
        for pair in pairs[:_MOST_ROWS]
    ]
    caption = "Other takes, or transfers too worn to tell from other takes: listen to them."
    return html.table(("file", "and", "alike (%)"), rows, caption, "sortable") if rows else Html()


def _copies(groups: Sequence[Mapping[str, Any]]) -> Html:
    rows = [
        (group["same"], html.join(map(html.name, group["names"]), ", "))
        for group in groups[:_MOST_ROWS]
    ]
    caption = "The same bytes, or the same samples in another container."
    return html.table(("the same", "files"), rows, caption) if rows else Html()


def _counts(totals: Mapping[str, Any]) -> Html:
    tables = [
        html.table(
            (words, "files"),
            [(name, html.number(count, 0)) for name, count in totals[key].items()],
            kind="sortable",
        )
        for words, key in (("likely medium", "media"), ("format", "formats"))
        if totals[key]
    ]
    return Html('<div class="plots">{}</div>').format(html.join(tables)) if tables else Html()


def _plots(files: Sequence[Mapping[str, Any]]) -> Html:
    facts = [_figures(row) for row in files]
    plots = [
        survey_plots.histogram(title, _known(facts, key, axis), axis) for title, key, axis in _PLOTS
    ]
    dots = [
        Dot(each["high_hz"], each["noise_floor_db"], _medium(row), html.shown(row["name"]))
        for row, each in zip(files, facts, strict=True)
        if each.get("high_hz") and each.get("noise_floor_db") is not None
    ]
    spread = survey_plots.scatter(
        "Bandwidth against noise, by likely medium",
        dots[:_MOST_DOTS],
        Axis("music reaches up to (Hz)", logarithmic=True),
        Axis("noise floor (dB)"),
    )
    return Html('{}<div class="plots">{}</div>').format(spread, html.join(plots))


def _figures(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return all numbers of a file in one mapping; nothing for a file that cannot be read."""
    top = {key: row.get(key) for key in ("duration", "tuning_cents", "tempo")}
    return {**row.get("measures", {}), **top}


def _known(facts: Iterable[Mapping[str, Any]], key: str, axis: Axis) -> list[float]:
    found = [each[key] for each in facts if each.get(key) is not None]
    return [each for each in found if each > 0] if axis.logarithmic else found


def _medium(row: Mapping[str, Any]) -> str:
    return str(row["media"][0]["medium"]) if row.get("media") else "unknown"


def _files(files: Sequence[Mapping[str, Any]]) -> Html:
    rows = [_file(row) for row in files[:_MOST_ROWS]]
    return html.table(_HEAD, rows, _shown(len(rows), len(files)), "sortable")


def _file(row: Mapping[str, Any]) -> tuple[Any, ...]:
    if "error" in row:
        return (html.name(row["name"]), _words(row), *[html.number(None)] * (len(_HEAD) - 2))
    measures = row["measures"]
    return (
        html.name(row["name"]),
        _words(row),
        _format(row["format"]),
        html.cell(html.clock(row["duration"]), str(row["duration"])),
        _guess(row["media"]),
        html.number(measures["high_hz"], 0),
        html.number(measures["noise_floor_db"]),
        html.number(measures["snr_db"]),
        html.number(measures["clicks_per_minute"], 0),
        html.number(measures["hum_hz"]),
        html.number(measures["lufs"]),
        html.number(row["tuning_cents"]),
        row["key"],
        html.number(row["tempo"]),
    )


def _words(row: Mapping[str, Any]) -> Html:
    worst = row["problems"][0]["severity"] if row["problems"] else ""
    words = "; ".join(each["words"] for each in row["problems"])
    inner = Html('<span class="problems {}">{}</span>').format(_CLASSES.get(worst, ""), words)
    return html.cell(inner, f"{list(_CLASSES).index(worst)} {words}" if worst else "3")


def _format(format: Mapping[str, Any]) -> str:
    bits = f"{format['bits']} bit, " if format["bits"] else ""
    rate = f"{format['sample_rate'] / 1000:g} kHz"
    return f"{format['container']} {bits}{rate}, {format['num_channels']} ch"


def _guess(media: Sequence[Mapping[str, Any]]) -> Html:
    if not media:
        return html.cell("–", "unknown")
    best = media[0]
    shares = "; ".join(f"{each['medium']} {100 * each['share']:.0f} %" for each in media)
    why = Html('<span class="faint">{:.0f} %: {}</span>').format(
        100 * best["share"], ", ".join(best["reasons"])
    )
    words = Html('<span class="guess" title="{}">{} ({})<br>{}</span>').format(
        shares, best["medium"], best["era"], why
    )
    return html.cell(words, best["medium"])


def _shown(number: int, total: int) -> str:
    return "" if number == total else f"The first {number} of {total}; all are in survey.csv."

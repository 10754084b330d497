"""Put what a survey found into one document, and that into rows of a table."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import toolkit
from toolkit.archive.surveying.problems import SEVERITIES, problems
from toolkit.archive.surveying.same_recording import Member, Pair
from toolkit.archive.telling.tables import cell
from toolkit.dsp.fingerprint_match import Match

SCHEMA = "tonearm-survey-1"


@dataclass(frozen=True)
class Surveyed:
    """Hold one file: its name in the collection, its size, hash and facts.

    Parameters
    ----------
    name : str
        Relative to the collection, with ``/``.
    suffix : str
        Of the file's name, as it is.
    size : int
        In bytes.
    sha256 : str
        Empty if the file could not be read at all.
    facts : Mapping
        As `toolkit.archive.surveying.measures.examine` gives them.
    """

    name: str
    suffix: str
    size: int
    sha256: str
    facts: Mapping[str, Any]


def document(
    title: str,
    made: str,
    files: Sequence[Surveyed],
    recordings: Sequence[Surveyed],
    groups: Sequence[Sequence[Member]],
    pairs: Sequence[Pair],
) -> dict[str, Any]:
    """Return a survey as plain data that JSON can hold.

    Parameters
    ----------
    title : str
        What was surveyed.
    made : str
        When, in ISO 8601.
    files : sequence of Surveyed
        All files.
    recordings : sequence of Surveyed
        The first file of every different recording.
    groups : sequence of sequences of Member
        Which recordings are one performance, by their places in `recordings`.
    pairs : sequence of Pair
        Which recordings are alike, and how well they agree.

    Returns
    -------
    dict
        ``schema``, ``software``, ``title``, ``made``, ``totals``; ``files`` with ``name``,
        ``size``, ``sha256``, ``problems`` and the facts of each; ``copies``, groups of names with
        the same bytes or the same samples; ``same_recordings``, groups whose ``members`` have
        ``name``, ``offset`` (s; where their beginning lies in the first member), ``speed`` (as a
        multiple of the first member's) and ``confidence`` (0..1); ``same_pieces``, pairs of
        ``names`` that are other takes of one piece or too worn to tell.
    """
    rows = [_row(each) for each in files]
    matches = _by_place(pairs)
    return {
        "schema": SCHEMA,
        "software": toolkit.__version__,
        "title": title,
        "made": made,
        "totals": _totals(rows),
        "files": rows,
        "copies": _copies(files),
        "same_recordings": [_group(group, recordings, matches) for group in groups],
        "same_pieces": _same_pieces(groups, recordings, matches),
    }


def _row(surveyed: Surveyed) -> dict[str, Any]:
    return {
        "name": surveyed.name,
        "size": surveyed.size,
        "sha256": surveyed.sha256,
        "problems": [asdict(each) for each in problems(surveyed.facts)],
        **surveyed.facts,
    }


def _totals(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return sums and counts over all files."""
    worst = Counter(row["problems"][0]["severity"] for row in rows if row["problems"])
    readable = [row for row in rows if "error" not in row]
    return {
        "files": len(rows),
        "bytes": sum(row["size"] for row in rows),
        "duration": round(sum(row["duration"] for row in readable), 3),
        **{severity: worst[severity] for severity in SEVERITIES},
        "formats": _counts(_format(row) for row in readable),
        "media": _counts(row["media"][0]["medium"] for row in readable if row["media"]),
    }


def _counts(values: Any) -> dict[str, int]:
    return dict(Counter(values).most_common())


def _format(row: Mapping[str, Any]) -> str:
    found = row["format"]
    bits = f" {found['bits']} bit" if found["bits"] else ""
    channels = {1: "mono", 2: "stereo"}.get(found["num_channels"], f"{found['num_channels']} ch")
    return f"{found['container']}{bits} {found['sample_rate'] / 1000:g} kHz {channels}"


def _copies(files: Sequence[Surveyed]) -> list[dict[str, Any]]:
    """Return groups of files with the same bytes, and with the same samples in other bytes."""
    by_samples: dict[str, list[Surveyed]] = {}
    unread: dict[str, list[Surveyed]] = {}
    for each in files:
        if each.facts.get("num_samples"):
            by_samples.setdefault(each.facts["samples_sha256"], []).append(each)
        elif each.sha256 and each.size:
            unread.setdefault(each.sha256, []).append(each)
    return [
        {
            "same": "bytes" if len({each.sha256 for each in group}) == 1 else "samples",
            "names": [each.name for each in group],
        }
        for group in (*by_samples.values(), *unread.values())
        if len(group) > 1
    ]


def _group(
    group: Sequence[Member],
    recordings: Sequence[Surveyed],
    matches: Mapping[tuple[int, int], Match],
) -> dict[str, Any]:
    first = group[0].number
    members = []
    for each in group:
        direct = matches.get((min(first, each.number), max(first, each.number)))
        members.append(
            {
                "name": recordings[each.number].name,
                "offset": round(each.offset, 3),
                "speed": round(each.speed, 5),
                "confidence": round(each.confidence, 3),
                "agreement": None if direct is None else round(direct.agreement, 3),
                "overlap": None if direct is None else round(direct.overlap, 1),
            }
        )
    return {"members": members}


def _by_place(pairs: Sequence[Pair]) -> dict[tuple[int, int], Match]:
    """Return the surer match of each two recordings, by their places in order."""
    found: dict[tuple[int, int], Match] = {}
    for pair in pairs:
        place = (min(pair.one, pair.other), max(pair.one, pair.other))
        known = found.get(place)
        if known is None or known.confidence < pair.match.confidence:
            found[place] = pair.match
    return found


def _same_pieces(
    groups: Sequence[Sequence[Member]],
    recordings: Sequence[Surveyed],
    matches: Mapping[tuple[int, int], Match],
) -> list[dict[str, Any]]:
    group_of = {each.number: number for number, group in enumerate(groups) for each in group}
    return [
        {
            "names": [recordings[one].name, recordings[other].name],
            "agreement": round(match.agreement, 3),
            "significance": round(match.significance, 1),
        }
        for (one, other), match in sorted(matches.items())
        if group_of.get(one, -1) != group_of.get(other, -2)
    ]


def table(found: Mapping[str, Any]) -> str:
    """Return the files of a survey as comma-separated values, one line a file.

    Cells that a spreadsheet would take for a formula begin with an apostrophe.

    Parameters
    ----------
    found : Mapping
        As `document` gives it.
    """
    copies = {name: group["names"][0] for group in found["copies"] for name in group["names"][1:]}
    same = {
        member["name"]: {"group": number, **member}
        for number, group in enumerate(found["same_recordings"], 1)
        for member in group["members"]
    }
    sink = io.StringIO()
    rows = [_cells(row, copies, same.get(row["name"], {})) for row in found["files"]]
    writer = csv.DictWriter(sink, list(rows[0]) if rows else [], lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({key: cell(value) for key, value in row.items()} for row in rows)
    return sink.getvalue()


def _cells(
    row: Mapping[str, Any], copies: Mapping[str, str], same: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the cells of one file by column, the same columns for every file."""
    format, measures = row.get("format", {}), row.get("measures", {})
    medium = (row.get("media") or [{}])[0]
    return {
        "name": row["name"],
        "worst": row["problems"][0]["severity"] if row["problems"] else "",
        "problems": "; ".join(each["words"] for each in row["problems"]),
        "codes": " ".join(dict.fromkeys(each["code"] for each in row["problems"])),
        "size": row["size"],
        **{key: format.get(key) for key in _FORMAT},
        "duration": row.get("duration"),
        "medium": medium.get("medium"),
        "medium_share": medium.get("share"),
        "era": medium.get("era"),
        "reasons": "; ".join(medium.get("reasons", ())),
        "groove": row.get("groove"),
        **{key: measures.get(key) for key in _MEASURES},
        **{key: row.get(key) for key in ("hum_speed_percent", "tuning_cents", "key", "tempo")},
        "copy_of": copies.get(row["name"]),
        **{f"same_{key}": same.get(key) for key in ("group", "offset", "speed", "confidence")},
        "sha256": row["sha256"],
        "samples_sha256": row.get("samples_sha256"),
    }


_FORMAT = ("container", "encoding", "bits", "sample_rate", "num_channels")
_MEASURES = (
    *("low_hz", "high_hz", "noise_floor_db", "snr_db", "clicks_per_minute", "thumps_per_minute"),
    *("rumble_db", "hum_hz", "hum_db", "clipped_percent", "dc", "peak_db", "true_peak_db"),
    *("level_db", "lufs", "range_lu"),
)

"""Build a page for blind listening: which one swings, is it the same tune, which one is better.

The order of versions is drawn by a seed, and neither the page nor the names of its files give it
away; the key is written to a file beside the folder. Answers stay in the listener's browser until
saved as a file.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from toolkit.errors import InputError
from toolkit.report import html
from toolkit.report.html import Html

QUESTIONS = (
    ("style", "Which style is this?", ("jazz", "classical", "pop", "something else")),
    ("same", "Is it the same tune as the original?", ("yes", "partly", "no")),
    ("swing", "Does it swing?", ("1", "2", "3", "4", "5")),
    ("liking", "How well is it played?", ("1", "2", "3", "4", "5")),
)
"""What is asked of every version: name, words, answers."""

_LETTERS = "ABCDEFGH"

_STYLE = """
main { max-width: 46rem; margin: 0 auto } label { margin-right: 1rem }
fieldset { border: 1px solid var(--line); border-radius: 6px; margin: 1rem 0 }
"""
_SCRIPT = """
document.querySelector("button").addEventListener("click", () => {
  const found = Object.fromEntries(new FormData(document.getElementById("answers")));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(found, null, 1)]));
  link.download = "answers.json";
  link.click();
});
"""
_BODY = Html("""
<p>Listen to the original, then to each version, and answer what you can.</p>
<form id="answers">
{}
<button type="button">Save the answers</button>
</form>
""")


@dataclass(frozen=True)
class Piece:
    """Hold a piece to listen to: its name, the original, and versions by who made them."""

    name: str
    original: Path
    versions: Mapping[str, Path]


def build(folder: Path, pieces: Sequence[Piece], *, seed: int = 0) -> Path:
    """Write the page and copies of all recordings, and the key beside the folder.

    Parameters
    ----------
    folder : Path
        Is made; holds ``index.html`` and the audio, and can be sent to a listener.
    pieces : sequence of Piece
        With at most eight versions each.
    seed : int
        Of the order of pieces and versions.

    Returns
    -------
    Path
        The key: a JSON file that says which letter is whose, piece by piece.

    Raises
    ------
    InputError
        If a recording is not there, or there are too many versions.
    """
    rng = np.random.default_rng(seed)
    _check(pieces)
    folder.mkdir(parents=True, exist_ok=True)
    key: dict[str, dict[str, str]] = {}
    parts = []
    for number, at in enumerate(rng.permutation(len(pieces)), 1):
        piece = pieces[at]
        makers = [list(piece.versions)[index] for index in rng.permutation(len(piece.versions))]
        letters = dict(zip(_LETTERS, makers, strict=False))
        original = _copied(piece.original, folder / f"{number}-original{piece.original.suffix}")
        files = {
            letter: _copied(
                piece.versions[maker], folder / f"{number}-{letter}{piece.versions[maker].suffix}"
            )
            for letter, maker in letters.items()
        }
        parts.append(_piece(number, original, files))
        key[str(number)] = {"piece": piece.name, **letters}
    body = _BODY.format(html.join(parts, "\n"))
    page = html.page("Blind listening", body, style=_STYLE, script=_SCRIPT)
    (folder / "index.html").write_bytes(page)
    path = folder.with_name(f"{folder.name}.key.json")
    path.write_text(json.dumps({"seed": seed, "key": key}, indent=1) + "\n", encoding="utf-8")
    return path


def tally(key: Path, answers: Sequence[Path]) -> dict[str, dict[str, dict[str, int]]]:
    """Count answers by who made a version and by question.

    Parameters
    ----------
    key : Path
        As `build` wrote it.
    answers : sequence of Path
        As listeners' browsers wrote them.

    Returns
    -------
    dict
        How often each answer was given, by maker and question.
    """
    known = json.loads(key.read_text(encoding="utf-8"))["key"]
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for path in answers:
        for name, answer in json.loads(path.read_text(encoding="utf-8")).items():
            number, letter, question = name.split("-")
            maker = counts.setdefault(known[number][letter], {})
            given = maker.setdefault(question, {})
            given[answer] = given.get(answer, 0) + 1
    return counts


def _check(pieces: Sequence[Piece]) -> None:
    for piece in pieces:
        if len(piece.versions) > len(_LETTERS):
            raise InputError(
                f"{piece.name} has {len(piece.versions)} versions",
                f"give {len(_LETTERS)} at most",
            )
        for path in (piece.original, *piece.versions.values()):
            if not path.is_file():
                raise InputError(f"no recording {path}", "render it first")


def _copied(source: Path, target: Path) -> str:
    shutil.copyfile(source, target)
    return target.name


def _piece(number: int, original: str, files: Mapping[str, str]) -> Html:
    versions = (_version(f"{number}-{letter}", name) for letter, name in files.items())
    return Html("<h2>Piece {}</h2>\n<p>Original</p>\n{}\n{}").format(
        number, html.player(html.link(original)), html.join(versions, "\n")
    )


def _version(name: str, file: str) -> Html:
    asked = (
        Html("<p>{}<br>{}</p>").format(words, _choices(f"{name}-{question}", answers))
        for question, words, answers in QUESTIONS
    )
    return Html("<fieldset><legend>Version {}</legend>\n{}\n{}\n</fieldset>").format(
        name.split("-")[1], html.player(html.link(file)), html.join(asked, "\n")
    )


def _choices(name: str, answers: Sequence[str]) -> Html:
    return html.join(
        (
            Html('<label><input type="radio" name="{}" value="{}"> {}</label>').format(
                name, each, each
            )
            for each in answers
        ),
        " ",
    )

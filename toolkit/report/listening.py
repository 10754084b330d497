"""Build a page for blind listening: which one swings, is it the same tune, which one is better.

The order of versions is drawn by a seed, and neither the page nor the names of its files give it
away; the key is written to a file beside the folder. Answers stay in the listener's browser until
saved as a file.
"""

from __future__ import annotations

import html
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from toolkit.errors import InputError

QUESTIONS = (
    ("style", "Which style is this?", ("jazz", "classical", "pop", "something else")),
    ("same", "Is it the same tune as the original?", ("yes", "partly", "no")),
    ("swing", "Does it swing?", ("1", "2", "3", "4", "5")),
    ("liking", "How well is it played?", ("1", "2", "3", "4", "5")),
)
"""What is asked of every version: name, words, answers."""

_LETTERS = "ABCDEFGH"

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Blind listening</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto }}
fieldset {{ border: 1px solid #ccc; border-radius: 6px; margin: 1rem 0 }}
audio {{ width: 100% }}
label {{ margin-right: 1rem }}
</style>
<h1>Blind listening</h1>
<p>Listen to the original, then to each version, and answer what you can.</p>
<form id="answers">
{pieces}
<button type="button" onclick="keep()">Save the answers</button>
</form>
<script>
function keep() {{
  const found = Object.fromEntries(new FormData(document.getElementById("answers")));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(found, null, 1)]));
  link.download = "answers.json";
  link.click();
}}
</script>
</html>
"""


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
    (folder / "index.html").write_text(_PAGE.format(pieces="\n".join(parts)), encoding="utf-8")
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


def _piece(number: int, original: str, files: Mapping[str, str]) -> str:
    versions = "\n".join(_version(f"{number}-{letter}", name) for letter, name in files.items())
    return f"<h2>Piece {number}</h2>\n<p>Original</p>\n{_player(original)}\n{versions}"


def _version(name: str, file: str) -> str:
    asked = "\n".join(
        f"<p>{html.escape(words)}<br>{_choices(f'{name}-{question}', answers)}</p>"
        for question, words, answers in QUESTIONS
    )
    letter = name.split("-")[1]
    return f"<fieldset><legend>Version {letter}</legend>\n{_player(file)}\n{asked}\n</fieldset>"


def _choices(name: str, answers: Sequence[str]) -> str:
    return " ".join(
        f'<label><input type="radio" name="{name}" value="{each}"> {each}</label>'
        for each in answers
    )


def _player(file: str) -> str:
    return f'<audio controls preload="none" src="{html.escape(file)}"></audio>'

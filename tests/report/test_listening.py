"""Is the listening page blind, and is what listeners say counted right."""

import json
from pathlib import Path

import pytest

from toolkit.errors import InputError
from toolkit.report.listening import QUESTIONS, Piece, build, tally


def pieces(folder: Path, count: int = 3) -> list[Piece]:
    found = []
    for number in range(count):
        paths = {}
        for name in ("original", "ours", "template"):
            paths[name] = folder / f"{name}-{number}.wav"
            paths[name].write_bytes(f"{name} {number}".encode())
        original = paths.pop("original")
        found.append(Piece(f"piece {number}", original, paths))
    return found


def test_the_page_gives_nothing_away(tmp_path: Path) -> None:
    key = build(tmp_path / "page", pieces(tmp_path), seed=3)
    page = (tmp_path / "page" / "index.html").read_text()
    assert key.parent == tmp_path
    assert "ours" not in page
    assert "template" not in page
    names = sorted(path.name for path in (tmp_path / "page").iterdir())
    assert len(names) == 1 + 3 * 3
    assert not any("ours" in name or "template" in name for name in names)
    assert page.count("<audio") == 3 * 3
    assert page.count('type="radio"') == 6 * sum(len(answers) for _, _, answers in QUESTIONS)


def test_the_key_tells_whose_each_file_is(tmp_path: Path) -> None:
    made = pieces(tmp_path)
    key = json.loads(build(tmp_path / "page", made, seed=4).read_text())["key"]
    for number, entry in key.items():
        piece = next(each for each in made if each.name == entry["piece"])
        for letter in "AB":
            copied = (tmp_path / "page" / f"{number}-{letter}.wav").read_bytes()
            assert copied == piece.versions[entry[letter]].read_bytes()


def test_order_depends_on_the_seed_alone(tmp_path: Path) -> None:
    made = pieces(tmp_path, 6)
    keys = [
        build(tmp_path / f"page{turn}", made, seed=seed).read_text()
        for turn, seed in enumerate((1, 1, 2))
    ]
    assert keys[0] == keys[1] != keys[2]


def test_answers_are_counted_by_maker(tmp_path: Path) -> None:
    key = build(tmp_path / "page", pieces(tmp_path, 2), seed=1)
    known = json.loads(key.read_text())["key"]
    answers = {}
    for number, entry in known.items():
        for letter in "AB":
            right = entry[letter] == "ours"
            answers[f"{number}-{letter}-style"] = "jazz" if right else "pop"
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(answers))
    assert tally(key, [path, path]) == {
        "ours": {"style": {"jazz": 4}},
        "template": {"style": {"pop": 4}},
    }


def test_a_recording_that_is_not_there_is_named(tmp_path: Path) -> None:
    lost = Piece("piece", tmp_path / "none.wav", {})
    with pytest.raises(InputError, match=r"none\.wav"):
        build(tmp_path / "page", [lost])

"""A piece in the style of a file, and in mixtures of styles."""

import hashlib
import json

import numpy as np
import pytest

from toolkit.io import midi
from toolkit.style.style import load_style
from toolkit.style.style_text import dump_style
from toolkit.values import DRUMS, Note, Notes

BEAT = 0.5


def notes_of(rows, program):
    return [
        Note(BEAT * at, BEAT * (at + length), pitch, 0.7, program) for at, length, pitch in rows
    ]


@pytest.fixture(scope="module")
def piece(tmp_path_factory):
    """Return four bars of a tune over its basses."""
    path = tmp_path_factory.mktemp("piece") / "tune.mid"
    tune = [(2.0 * at, 1.9, pitch) for at, pitch in enumerate((72, 76, 77, 74, 79, 77, 74, 72))]
    low = [(4.0 * bar, 3.9, pitch) for bar, pitch in enumerate((48, 53, 55, 48))]
    notes = tuple(notes_of(tune, 0) + notes_of(low, 0))
    midi.write(path, Notes(notes, ((0.0, 120.0),), ((0.0, 4, 4),)))
    return path


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """Return eight bars of a flute with a kick drum on every third eighth, a bass and an organ."""
    path = tmp_path_factory.mktemp("reference") / "Some Band.mid"
    rows = {73: [], 33: [], 16: [], DRUMS: []}
    for bar, root in enumerate((0, 5, 7, 0, 9, 5, 7, 0)):
        third = 3 if root == 9 else 4
        rows[73] += [(4.0 * bar, 2.0, 76 + bar), (4.0 * bar + 2, 1.9, 74 + bar)]
        rows[33] += [(4.0 * bar + at, 0.9, 36 + root) for at in (0, 1.5, 2.5)]
        rows[16] += [(4.0 * bar, 3.9, 60 + root + step) for step in (0, third, 7)]
        rows[DRUMS] += [(4.0 * bar + at, 0.2, 36) for at in (0.0, 1.5, 3.0)]
        rows[DRUMS] += [(4.0 * bar + at / 2, 0.2, 42) for at in range(8)]
    notes = tuple(note for program, each in rows.items() for note in notes_of(each, program))
    midi.write(path, Notes(notes, ((0.0, 120.0),), ((0.0, 4, 4),)))
    return path


@pytest.fixture
def made(call, piece, reference, tmp_path):
    folder = tmp_path / "made"
    code, _, err = call(
        "reimagine", piece, "--style-from", reference, "--style-mix", "waltz:0", "--out", folder
    )
    assert code == 0, err
    return folder


def test_a_piece_is_played_as_a_file_is(call, made, reference, tmp_path):
    notes = midi.read(made / "out.mid")
    assert {note.program for note in notes} == {73, 33, 16, DRUMS}
    kicks = np.array([note.onset for note in notes if note.program == DRUMS and note.pitch == 36])
    tempo = notes.tempo_map[0][1]
    places = set(np.round(kicks * tempo / 60 % 4 * 2).astype(int) % 8)
    assert places == {0, 3, 6}
    record = json.loads((made / "record.json").read_text())
    digest = hashlib.sha256(reference.read_bytes()).hexdigest()
    found = record["settings"]["style"]
    assert (found["name"], found["mix"]) == ("some-band", ["waltz:0"])
    assert found["from"] == {"source": "Some Band.mid", "sha256": digest}
    report = json.loads((made / "report.json").read_text())
    assert report["origin"]["sha256"] == digest
    assert report["summary"].startswith("As Some Band.mid is played")
    arranged = report["steps"]["arrange"]
    assert arranged["borrowed_from"] == "Some Band.mid"
    assert arranged["introduction"].startswith("Some Band.mid begins with its tune")
    assert arranged["ending"].startswith("Some Band.mid is over without one")
    assert "style.toml" in record["output"]["files"]
    assert "As Some Band.mid is played" in (made / "report.html").read_text()
    # What was made is found again under the style that lies beside it, and so is the style.
    step = made / "steps" / "arrangement.json"
    code, _, err = call("reimagine", step, "--out", tmp_path / "again")
    assert code == 0, err
    assert midi.read(tmp_path / "again" / "out.mid").notes == notes.notes
    style = load_style(str(made / "style.toml"))
    text = (made / "style.toml").read_text(encoding="utf-8")
    assert text == dump_style(style)
    edited = tmp_path / "mine.toml"
    edited.write_text(text.replace('feel = "straight"', 'feel = "swing"'), encoding="utf-8")
    assert load_style(str(edited)).feel == "swing"


@pytest.mark.slow
def test_a_mixture_is_kept_as_a_style(call, piece, tmp_path):
    folder = tmp_path / "mixed"
    options = ("--style", "jazz-swing", "--ensemble", "trio", "--style-mix", "bossa-nova:0.7")
    code, _, err = call("reimagine", piece, *options, "--out", folder)
    assert code == 0, err
    style = load_style(str(folder / "style.toml"))
    assert style.summary.startswith("A mixture of 30 % jazz-swing, 70 % bossa-nova")
    record = json.loads((folder / "record.json").read_text())
    assert record["settings"]["style"]["name"] == "jazz-swing+bossa-nova"
    assert len(list((folder / "stems").iterdir())) == len(style.seats)


@pytest.fixture
def lonely(tmp_path):
    path = tmp_path / "lonely.mid"
    tune = notes_of([(float(at), 0.9, 60 + at % 7) for at in range(32)], 73)
    midi.write(path, Notes(tuple(tune), ((0.0, 120.0),), ((0.0, 4, 4),)))
    return path


def test_a_tune_alone_is_no_style(call, piece, lonely, tmp_path):
    code, _, err = call("reimagine", piece, "--style-from", lonely, "--out", tmp_path / "none")
    assert code == 2
    lines = [line for line in err.splitlines() if line.startswith(("error", "hint"))]
    assert len(lines) == 2
    assert "nothing in this reference but a tune" in lines[0]
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--style-from", "nowhere.mid"), "no file nowhere.mid"),
        (("--style-mix", "bossa-nova"), "no style with its share"),
        (("--style-mix", "bossa-nova:2"), "share of 0 to 1"),
        (("--style-mix", "bosa-nova:0.4"), "did you mean 'bossa-nova'"),
        (("--style-mix", "waltz:0.7", "--style-mix", "stride:0.7"), "more than 1 together"),
        (("--style", "waltz", "--style-from", "."), "both say how"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_done(call, piece, tmp_path, options, message):
    code, _, err = call("reimagine", piece, "--out", tmp_path / "none", *options)
    assert code == 2
    assert message in err
    assert not (tmp_path / "none").exists()

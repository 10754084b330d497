"""From a file of any kind to a folder of results, and from any of these on."""

import json
import shutil
import subprocess
import sys

import mido
import numpy as np
import pytest
import soundfile

from toolkit.adapters import engraving
from toolkit.dsp.loudness import measure_loudness
from toolkit.io import midi
from toolkit.shipped import folder
from toolkit.values import DRUMS, Note, Notes

TUNE = (72, 74, 76, 77, 79, 76, 72, 71, 69, 71, 72, 74, 71, 67, 67, 67)
ROOTS = (48, 53, 55, 48)


def tune() -> Notes:
    """Return eight bars of a tune over broken chords, in C."""
    notes = []
    for bar in range(8):
        root = ROOTS[bar // 2]
        notes += [
            Note(2.0 * bar + beat / 2, 2.0 * bar + beat / 2 + 0.45, root + step, 0.5)
            for beat, step in enumerate((0, 7, 4, 7))
        ]
        notes += [
            Note(2.0 * bar + at, 2.0 * bar + at + 0.95, TUNE[2 * bar + index], 0.8)
            for index, at in enumerate((0.0, 1.0))
        ]
    return Notes(tuple(notes), tempo_map=((0.0, 120.0),), meters=((0.0, 4, 4),))


@pytest.fixture(scope="module")
def piece(tmp_path_factory):
    path = tmp_path_factory.mktemp("piece") / "tune.mid"
    midi.write(path, tune())
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory, piece):
    """Return the folder of one whole run; tests only look at it."""
    folder = tmp_path_factory.mktemp("out") / "jazz"
    command = [sys.executable, "-c", "from toolkit.cli import main; main()", "reimagine"]
    done = subprocess.run(
        [*command, piece, "--out", folder, "--quiet"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == str(folder)
    return folder


def test_everything_is_there(made):
    names = {each.relative_to(made).as_posix() for each in made.rglob("*") if each.is_file()}
    wanted = {"out.wav", "out.mid", "out.musicxml", "leadsheet.txt", "record.json"}
    assert wanted | {"report.html", "report.json", "steps/performance.json"} <= names
    assert set(json.loads((made / "record.json").read_text())["output"]["files"]) == names - {
        "record.json"
    }


def test_the_stems_add_up_to_the_mix_at_its_loudness(made):
    mix, rate = soundfile.read(made / "out.wav")
    stems = [soundfile.read(each)[0] for each in sorted((made / "stems").iterdir())]
    assert len(stems) == 4
    assert np.abs(sum(stems) - mix).max() < 8 * 2**-23
    found = measure_loudness(mix.T.astype(np.float32), rate)
    assert found.integrated_lufs == pytest.approx(-16, abs=1)
    assert found.true_peak_db < 0


def test_the_midi_file_has_tracks_chords_and_bars(made):
    notes = midi.read(made / "out.mid")
    assert DRUMS in {note.program for note in notes}
    assert len({note.program for note in notes}) >= 3
    assert notes.tempo_map
    conductor, *others = mido.MidiFile(made / "out.mid").tracks
    assert {track.name for track in others} == {path.stem for path in (made / "stems").iterdir()}
    assert sum(message.type == "marker" for message in conductor) >= 4


def test_the_report_compares_chords(made):
    report = json.loads((made / "report.json").read_text())
    rows = [row for row in report["bars"] if row["source"]]
    assert len(rows) == 8
    assert any(row["chords"] != row["source"] for row in rows)
    page = (made / "report.html").read_text()
    assert "<svg" in page
    assert 'src="out.wav"' in page


def test_the_same_seed_gives_the_same_notes_and_another_others(call, piece, made, tmp_path):
    call("reimagine", piece, "--out", tmp_path / "same", "--quiet")
    call("reimagine", piece, "--out", tmp_path / "other", "--quiet", "--seed", 5)
    first = (made / "out.mid").read_bytes()
    assert (tmp_path / "same" / "out.mid").read_bytes() == first
    assert (tmp_path / "other" / "out.mid").read_bytes() != first


def test_from_an_edited_lead_sheet(call, piece, made, tmp_path):
    sheet = tmp_path / "edited.txt"
    shutil.copy(made / "leadsheet.txt", sheet)
    code, _, err = call(
        "reimagine", piece, "--lead-sheet", sheet, "--level", "timbre", "--out", tmp_path / "again"
    )
    assert code == 0, err
    assert (tmp_path / "again" / "out.wav").is_file()


@pytest.mark.parametrize("step", ["sheet", "arrangement", "performance"])
def test_from_a_saved_step(call, made, tmp_path, step):
    folder = tmp_path / "again"
    code, _, err = call("reimagine", made / "steps" / f"{step}.json", "--out", folder)
    assert code == 0, err
    if step == "performance":
        ours, theirs = (midi.read(each / "out.mid") for each in (folder, made))
        assert ours.notes == theirs.notes


def test_a_score(call, tmp_path):
    path = tmp_path / "tune.musicxml"
    engraving.write(path, tune())
    code, _, err = call("reimagine", path, "--style", "baroque-chorale")
    assert code == 0, err
    assert (tmp_path / "tune.baroque-chorale" / "out.wav").is_file()


def test_a_style_of_ones_own(call, piece, tmp_path):
    page = (folder("pipelines") / "styles" / "README.md").read_text(encoding="utf-8")
    style = tmp_path / "duo.toml"
    style.write_text(page.partition("```toml\n")[2].partition("```")[0], encoding="utf-8")
    code, _, err = call("reimagine", piece, "--style", style, "--out", tmp_path / "out")
    assert code == 0, err
    assert {each.stem for each in (tmp_path / "out" / "stems").iterdir()} == {
        "lead",
        "keys",
        "bass",
    }


def test_only_some_layers_change(call, piece, tmp_path):
    code, _, err = call("reimagine", piece, "--level", "timbre", "--out", tmp_path / "out")
    assert code == 0, err
    notes = midi.read(tmp_path / "out" / "out.mid")
    assert DRUMS not in {note.program for note in notes}
    pitches = sorted(note.pitch % 12 for note in tune())
    assert sorted(note.pitch % 12 for note in notes) == pitches


def test_variations_are_kept_beside_the_best(call, piece, tmp_path):
    folder = tmp_path / "three"
    code, _, err = call("reimagine", piece, "--variations", 2, "--out", folder)
    assert code == 0, err
    assert (folder / "variation-2" / "out.wav").is_file()


def test_nothing_is_overwritten(call, piece, made, tmp_path):
    code, _, err = call("reimagine", piece, "--out", made)
    assert code == 2
    assert "exists already" in err
    other = tmp_path / "mine"
    other.mkdir()
    (other / "diary.txt").write_text("mine")
    code, _, err = call("reimagine", piece, "--out", other, "--force")
    assert code == 2
    assert "holds what tonearm did not make" in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--style", "jaz-swing"), "did you mean 'jazz-swing'"),
        (("--level", "timbre,smell"), "--level knows no 'smell'"),
        (("--ensemble", "choir"), "knows no ensemble 'choir'"),
        (("--lock", "5-99"), "the piece has 8"),
        (("--key", "H"), "'H' is no key"),
        (("--reharm", "2"), "2"),
    ],
)
def test_what_cannot_be_is_said_in_two_lines(call, piece, tmp_path, options, message):
    code, _, err = call("reimagine", piece, "--out", tmp_path / "none", *options)
    assert code == 2
    assert message in err
    assert not (tmp_path / "none").exists()


def test_silence_drums_and_nonsense(call, tmp_path):
    silence, drums, text = (tmp_path / name for name in ("s.wav", "d.mid", "t.mid"))
    soundfile.write(silence, np.zeros(22050), 22050)
    midi.write(drums, Notes((Note(0, 0.1, 36, 0.9, DRUMS), Note(0.5, 0.6, 38, 0.9, DRUMS))))
    text.write_text("no music")
    for path in (silence, drums, text):
        code, _, err = call("reimagine", path)
        assert code == 2
        assert err.count("\n") <= 3
        assert "error:" in err
        assert "hint:" in err


def test_a_single_note_is_a_modest_piece(call, tmp_path):
    path = tmp_path / "one.mid"
    midi.write(path, Notes((Note(0, 1.0, 60, 0.8),)))
    code, _, err = call("reimagine", path)
    assert code == 0, err
    assert (tmp_path / "one.jazz-swing" / "out.wav").is_file()

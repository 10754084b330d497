import json

import soundfile as sf

from toolkit.adapters import soundfont
from toolkit.io import midi
from toolkit.values import Note, Notes


def test_a_recording_is_analyzed(call, old, tmp_path):
    lab = tmp_path / "chords.lab"
    code, out, _ = call("analyze", old, "--json", "--lab", lab)
    assert code == 0
    (found,) = json.loads(out)
    assert found["input"] == str(old)
    assert abs(found["tuning_cents"]) < 50
    assert lab.exists()


def test_a_recording_has_bars_unless_only_its_sound_is_asked(call, tmp_path):
    path = tmp_path / "tune.wav"
    notes = tuple(
        Note(0.5 * at, 0.5 * at + 0.45, pitch, 0.8 if at % 4 == 0 else 0.6)
        for at in range(32)
        for pitch in ((48, 64, 67) if at % 4 == 0 else (60 + at % 5,))
    )
    sound = soundfont.play(Notes(notes), sample_rate=22050)
    sf.write(path, sound.samples.T, 22050, subtype="FLOAT")
    code, out, _ = call("analyze", path, "--json")
    assert code == 0
    (found,) = json.loads(out)
    assert abs(found["tempo"] - 120) < 3
    assert found["downbeats"]
    code, out, _ = call("analyze", path, "--json", "--by-sound")
    assert code == 0
    (found,) = json.loads(out)
    assert not found["downbeats"]
    assert abs(found["tempo"] / 120 - 1) < 0.05 or abs(found["tempo"] / 60 - 1) < 0.05


def test_a_midi_file_is_analyzed(call, tmp_path):
    path, csv = tmp_path / "song.mid", tmp_path / "beats.csv"
    notes = tuple(
        Note(0.5 * at + shift, 0.5 * at + shift + 0.2, pitch)
        for at in range(40)
        for shift, pitch in ((0.0, 48 if at % 4 == 0 else 60), (0.25, 67))
    )
    midi.write(path, Notes(notes))
    code, out, _ = call("analyze", path, "--csv", csv)
    text = out.decode()
    assert code == 0
    for word in ("tempo", "meter", "key", "swing"):
        assert word in text
    assert csv.read_text().startswith("time,beat\n")
    assert len(csv.read_text().splitlines()) > 30


def test_two_inputs_do_not_share_a_table(call, old, tmp_path):
    code, _, err = call("analyze", old, old, "--csv", tmp_path / "beats.csv")
    assert code == 2
    assert err.count("\n") == 2

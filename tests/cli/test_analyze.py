import json

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

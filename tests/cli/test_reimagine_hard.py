"""What nobody would call a piece, and pieces that are hard: a clear word, or a modest result."""

import shutil
import subprocess
import sys

import mido
import numpy as np
import pytest
import soundfile

from toolkit.adapters import soundfont
from toolkit.io import midi
from toolkit.style.lead_sheet import LeadSheet
from toolkit.style.saved import load
from toolkit.values import DRUMS, Note, Notes

SCALE = (72, 74, 76, 77, 79, 81, 83)


def tune(bars=4, meter=(4, 4), tempo=120.0, begin=0.0):
    """Return so many bars of a tune with a chord each, and where they end, in seconds."""
    beats, denominator = meter
    step = 60 / tempo * 4 / denominator
    notes = []
    for bar in range(bars):
        start = begin + bar * beats * step
        notes += [
            Note(start + beat * step, start + (beat + 0.95) * step, SCALE[(3 * bar + 2 * beat) % 7])
            for beat in range(beats)
        ]
        root = (48, 53, 55, 48)[bar % 4]
        notes += [Note(start, start + 0.95 * beats * step, root + up, 0.5) for up in (0, 4, 7)]
    return tuple(notes), begin + bars * beats * step


def piece(path, notes, tempo=120.0, meters=((0.0, 4, 4),)):
    midi.write(path, Notes(tuple(notes), tempo_map=((0.0, tempo),), meters=meters))
    return path


def tracks(path, *each):
    """Write a MIDI file of tracks of (kind, note, velocity, ticks since the one before)."""
    file = mido.MidiFile(type=1, ticks_per_beat=480)
    for channel, messages in enumerate(each):
        file.tracks.append(
            mido.MidiTrack(
                mido.Message(kind, channel=channel, note=note, velocity=velocity, time=time)
                for kind, note, velocity, time in messages
            )
        )
    file.save(path)
    return path


def silence(folder):
    soundfile.write(folder / "x.wav", np.zeros(22050), 22050)
    return folder / "x.wav"


def noise(folder):
    samples = 0.2 * np.random.default_rng(0).standard_normal(3 * 22050)
    soundfile.write(folder / "x.wav", samples, 22050)
    return folder / "x.wav"


def three_samples(folder):
    soundfile.write(folder / "x.wav", np.array([0.1, -0.1, 0.1]), 44100)
    return folder / "x.wav"


def drums(folder):
    hits = [Note(i / 4, i / 4 + 0.1, (36, 42, 38, 42)[i % 4], 0.8, DRUMS) for i in range(32)]
    return piece(folder / "x.mid", hits)


def drums_heard(folder):
    hits = tuple(Note(i / 4, i / 4 + 0.1, (36, 42, 38, 42)[i % 4], 0.8, DRUMS) for i in range(16))
    audio = soundfont.play(Notes(hits), sample_rate=22050)
    soundfile.write(folder / "x.wav", audio.samples.T, 22050)
    return folder / "x.wav"


def no_notes(folder):
    return piece(folder / "x.mid", ())


def notes_of_no_length(folder):
    messages = [(kind, 60 + i, 80, 0) for i in range(8) for kind in ("note_on", "note_off")]
    return tracks(folder / "x.mid", messages)


def cut_off(folder):
    path = piece(folder / "x.mid", tune()[0])
    path.write_bytes(path.read_bytes()[:200])
    return path


def scrambled(folder):
    path = piece(folder / "x.mid", tune()[0])
    data, rng = bytearray(path.read_bytes()), np.random.default_rng(0)
    for place in rng.integers(22, len(data), 60):
        data[place] = rng.integers(0, 256)
    path.write_bytes(bytes(data))
    return path


def half_a_score(folder):
    (folder / "x.musicxml").write_text("<?xml version='1.0'?><score-partwise><part id='P1'>")
    return folder / "x.musicxml"


def another_document(folder):
    (folder / "x.musicxml").write_text("<?xml version='1.0'?><shopping/>")
    return folder / "x.musicxml"


def a_folder(folder):
    (folder / "x").mkdir()
    return folder / "x"


def nothing(folder):
    return folder / "x.mid"


NO_PITCH = "there are no pitched notes"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (silence, NO_PITCH),
        (noise, NO_PITCH),
        (three_samples, NO_PITCH),
        (drums, NO_PITCH),
        (drums_heard, NO_PITCH),
        (no_notes, NO_PITCH),
        (notes_of_no_length, NO_PITCH),
        (cut_off, "broken MIDI file"),
        (scrambled, "broken MIDI file"),
        (half_a_score, "broken MusicXML"),
        (another_document, "broken MusicXML"),
        (a_folder, "is a folder"),
        (nothing, "does not exist"),
    ],
)
def test_what_is_no_piece_is_said_in_two_lines(call, tmp_path, make, message):
    path = make(tmp_path)
    code, out, err = call("reimagine", path, "--out", tmp_path / "out")
    assert code == 2
    assert out == b""
    assert message in err
    assert [line.split(":")[0] for line in err.strip().splitlines()[-2:]] == ["error", "hint"]
    assert not (tmp_path / "out").exists()


def reimagined(call, path, folder, *options):
    """Return the source as it was understood and what was said; the result is checked."""
    options = ("--ensemble", "duo", "--set", "render.sample_rate=8000", *options)
    code, _, err = call("reimagine", path, "--out", folder, "--style", "bossa-nova", *options)
    assert code == 0, err
    audio, _ = soundfile.read(folder / "out.wav")
    assert np.isfinite(audio).all()
    assert 0.01 < np.abs(audio).max() < 1
    assert len(midi.read(folder / "out.mid"))
    source = load((folder / "steps" / "source-sheet.json").read_text(encoding="utf-8"))
    assert isinstance(source, LeadSheet)
    return source, err


@pytest.mark.parametrize(("meter", "beats"), [((7, 8), 7), ((5, 4), 5), ((6, 8), 4)])
def test_uncommon_meters_stay_what_they_are(call, tmp_path, meter, beats):
    notes, _ = tune(4, meter)
    path = piece(tmp_path / "x.mid", notes, meters=((0.0, *meter),))
    source, err = reimagined(call, path, tmp_path / "out")
    assert {bar.beats for bar in source.bars} == {beats}
    assert len(source.bars) == (2 if meter == (6, 8) else 4)
    assert "one tempo is played" not in err


def test_changing_meters_are_followed_and_said_to_lose_their_speed(call, tmp_path):
    notes, meters, at = [], [], 0.0
    for meter in ((4, 4), (3, 4), (7, 8)):
        meters.append((at, *meter))
        more, at = tune(2, meter, begin=at)
        notes += more
    path = piece(tmp_path / "x.mid", notes, meters=tuple(meters))
    source, err = reimagined(call, path, tmp_path / "out")
    assert [bar.beats for bar in source.bars] == [4, 4, 3, 3, 7, 7]
    assert "counted at 120 to 240 a minute" in err


@pytest.mark.parametrize("tempo", [10.0, 400.0])
def test_tempi_beyond_all_use_become_the_style_s(call, tmp_path, tempo):
    path = piece(tmp_path / "x.mid", tune(2, tempo=tempo)[0], tempo)
    source, _ = reimagined(call, path, tmp_path / "out")
    assert source.tempo == pytest.approx(tempo, rel=0.01)
    (_, played), *_ = midi.read(tmp_path / "out" / "out.mid").tempo_map
    assert 60 <= played <= 220


def test_all_channels_at_once(call, tmp_path):
    rows = [
        [
            (kind, 36 + 3 * channel + (0, 4, 7, 4)[beat % 4], 80, time)
            for beat in range(8)
            for kind, time in (("note_on", 0), ("note_off", 480))
        ]
        for channel in range(16)
    ]
    source, _ = reimagined(call, tracks(tmp_path / "x.mid", *rows), tmp_path / "out")
    assert source.melody
    assert len(source.bars) == 2


def test_a_score_with_pickup_repeat_and_tie(call, tmp_path):
    def note(step, duration, tie=""):
        ties = f'<tie type="{tie}"/>' if tie else ""
        pitch = f"<pitch><step>{step}</step><octave>5</octave></pitch>"
        return f"<note>{pitch}<duration>{duration}</duration>{ties}<voice>1</voice></note>"

    def bar(*inside):
        return f"<measure>{''.join(inside)}</measure>"

    begin, again = (
        f'<barline location="{side}"><repeat direction="{way}"/></barline>'
        for side, way in (("left", "forward"), ("right", "backward"))
    )
    signs = (
        "<attributes><divisions>2</divisions><key><fifths>0</fifths></key>"
        "<time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
    )
    bars = (
        bar(signs, note("G", 2)),
        bar(begin, note("C", 4), note("E", 4, "start")),
        bar(note("E", 4, "stop"), note("G", 4), again),
        bar(note("C", 8)),
    )
    head = '<part-list><score-part id="P1"><part-name>T</part-name></score-part></part-list>'
    path = tmp_path / "x.musicxml"
    path.write_text(
        f'<?xml version="1.0"?><score-partwise version="3.1">{head}<part id="P1">'
        f"{''.join(bars)}</part></score-partwise>"
    )
    source, _ = reimagined(call, path, tmp_path / "out")
    assert len(source.bars) == 5
    tied = [(each.onset, each.duration) for each in source.melody if each.pitch % 12 == 4]
    assert tied == [(2.0, 4.0), (10.0, 4.0)]
    assert source.melody[0].onset == -1.0


def test_a_telephone_line_is_heard_and_its_coding_said_once(call, tmp_path):
    notes, _ = tune(4)
    audio = soundfont.play(Notes(notes), sample_rate=8000)
    soundfile.write(tmp_path / "x.wav", audio.samples.mean(axis=0), 8000, subtype="ULAW")
    source, err = reimagined(call, tmp_path / "x.wav", tmp_path / "out")
    assert source.melody
    assert err.count("pcm_mulaw") == 1


@pytest.mark.slow
def test_speech_is_not_taken_for_a_song(call, tmp_path):
    program = shutil.which("espeak-ng")
    assert program, "apt-get install espeak-ng"
    text = "The quick brown fox jumps over the lazy dog. " * 8
    subprocess.run([program, "-w", tmp_path / "x.wav", text], check=True)
    code, _, err = call("reimagine", tmp_path / "x.wav", "--out", tmp_path / "out")
    assert code == 0
    assert "if this is speech or noise" in err


@pytest.mark.slow
def test_forty_minutes_of_notes_in_little_memory(tmp_path):
    notes, end = tune(1200)
    assert end == 2400
    path = piece(tmp_path / "x.mid", notes)
    peak = "resource.getrusage(resource.RUSAGE_SELF).ru_maxrss"
    code = (
        "import atexit, resource, sys; from toolkit.cli import main; "
        f"atexit.register(lambda: print({peak}, file=sys.stderr)); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "reimagine", path, "--out", tmp_path / "out"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-500:]
    assert soundfile.info(tmp_path / "out" / "out.wav").duration > 2300
    # The sound of its parts alone is more than 4 GB.
    assert int(done.stderr.split()[-1]) / 1024 < 1200

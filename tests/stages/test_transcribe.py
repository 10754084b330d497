import numpy as np
import pytest

from toolkit.adapters import soundfont
from toolkit.adapters.transcribers import Options, choose
from toolkit.checkpoints import shipped
from toolkit.registry import stage_class
from toolkit.run import Run
from toolkit.values import DRUMS, Audio, Note, Notes, Stems

MELODY = Notes(tuple(Note(0.4 * k, 0.4 * k + 0.35, 60 + 2 * k, 0.8) for k in range(8)))


def test_a_melody_is_heard():
    run = Run().for_step("transcribe")
    audio = soundfont.play(MELODY)
    notes = stage_class("transcribe")(model="basic-pitch")(audio, run)
    for wanted in MELODY:
        assert any(
            note.pitch == wanted.pitch and abs(note.onset - wanted.onset) < 0.05 for note in notes
        )
    assert run.findings["model"] == "basic-pitch"
    assert run.findings["notes"] == len(notes)


def test_auto_says_why():
    model, why = choose(Audio(np.zeros((1, 1), np.float32), 8000), Options(), shipped())
    assert model in ("notes", "basic-pitch")
    assert why


@pytest.mark.parametrize("num_samples", [0, 1, 2, 3, 30000])
def test_silence_is_no_notes(num_samples):
    audio = Audio(np.zeros((2, num_samples), np.float32), 8000)
    assert len(stage_class("transcribe")(model="basic-pitch")(audio, Run())) == 0
    stems = Stems({"piano": audio, "drums": audio, "noise": audio})
    assert len(stage_class("transcribe-stems")(model="basic-pitch")(stems, Run())) == 0


def test_each_stem_is_a_program():
    drums = Notes(tuple(Note(0.5 * k, 0.5 * k + 0.1, 36, 0.9, DRUMS) for k in range(6)))
    bass = soundfont.play(Notes((Note(0.2, 1.5, 40, 0.9, 33),)), tail=2.5).samples[:, :120_000]
    beat = soundfont.play(drums, tail=3).samples[:, :120_000]
    noise = (0.1 * np.random.default_rng(0).standard_normal((2, 120_000))).astype(np.float32)
    parts = {
        name: Audio(np.ascontiguousarray(samples), 44100)
        for name, samples in (("bass", bass), ("drums", beat), ("noise", noise))
    }
    run = Run().for_step("x")
    notes = stage_class("transcribe-stems")(model="basic-pitch")(Stems(parts), run)
    assert {note.program for note in notes} == {33, DRUMS}
    kicks = [note.onset for note in notes if note.program == DRUMS and note.pitch == 36]
    assert len(kicks) >= 5
    assert run.findings["bass_model"] == "basic-pitch"


@pytest.mark.parametrize("level", [1e-4, 0.1])
def test_steady_noise_is_no_notes(level):
    rng = np.random.default_rng(6)
    samples = (level * rng.standard_normal((1, 10 * 22050))).astype(np.float32)
    audio = Audio(samples, 22050)
    run = Run().for_step("transcribe")
    assert len(stage_class("transcribe")(model="basic-pitch")(audio, run)) == 0
    assert run.findings["only_noise"] > 0
    stems = Stems({"piano": audio, "drums": audio})
    assert len(stage_class("transcribe-stems")(model="basic-pitch")(stems, Run())) == 0

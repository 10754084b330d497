import numpy as np
import pytest
import soundfile

from toolkit.training import kits, strokes
from toolkit.values import Note


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("drum_heavy_kick", "kick"),
        ("EE_Kick_Stomp", "kick"),
        ("bassdrum-4mics-br-stereo-soft2", "kick"),
        ("drum_snare_hard", "snare"),
        ("SN_01", "snare"),
        ("jsnare_01", "snare"),
        ("HiHatClosed-1", "closed"),
        ("drum_cymbal_closed", "closed"),
        ("HiHatSemiopen-2", "open"),
        ("hhopen_01", "open"),
        ("hhpedal_01", "pedal"),
        ("CrashRide18Bell-0", "ride"),
        ("China-3", "crash"),
        ("TomMid-3", "middle"),
        ("floortom_04", "low"),
        ("tabla_ghe1", "conga"),
        ("TambourineFoot-0", "shaker"),
        ("rim_02", "stick"),
        ("drum_roll", None),
        ("loop_breakbeat", None),
        ("bass_hit_c", None),
        ("emptySample", None),
        ("vinyl_hiss", None),
    ],
)
def test_strokes_are_told_by_their_names(name, kind):
    assert kits.kind_of(name) == kind


def test_every_common_pitch_of_percussion_has_a_kind():
    assert all(kits.kind_of_pitch(pitch) in kits.KINDS for pitch in range(35, 60))
    assert kits.kind_of_pitch(5) is None
    assert set(kits.KINDS) >= set(strokes._STROKES)


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("kick_1", "snare_1", "snare_2", "hihat_closed", "readme"):
        suffix = ".txt" if name == "readme" else ".wav"
        soundfile.write(tmp_path / f"{name}.wav", 0.5 * rng.standard_normal(400), 22050)
        (tmp_path / f"{name}.wav").rename(tmp_path / f"{name}{suffix}")
    return tmp_path


def test_a_kit_plays_its_own_strokes_and_stands_in_for_others(folder):
    kit = kits.assemble(list(folder.iterdir()))
    assert {kind: len(paths) for kind, paths in kit.items()} == {
        "kick": 1,
        "snare": 2,
        "closed": 1,
    }
    drums = kits.instrument(kit, np.random.default_rng(1))
    kick, snare, stick = (drums(Note(0, 1, pitch)) for pitch in (36, 38, 37))
    assert kick.pitch is None
    assert np.abs(kick.samples).max() > np.abs(drums(Note(0, 1, 42)).samples).max()
    # Without a side stick, the snare drum is hit.
    assert len(stick.samples) == len(snare.samples)
    # Nothing stands in for a cowbell but a stick or a ride.
    assert drums(Note(0, 1, 56)) is None
    assert drums(Note(0, 1, 3)) is None


def test_a_folder_of_a_package_is_a_kit(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("TONEARM_CACHE", str(tmp_path / "cache"))
    place = tmp_path / "cache" / "unpacked" / "drums" / "usr" / "A kit"
    place.mkdir(parents=True)
    for path in folder.glob("*.wav"):
        path.rename(place / path.name)
    assert set(kits.kit_of("drums", "A kit")) == {"kick", "snare", "closed"}


def test_computed_drums_are_as_different_as_drums_are():
    drums = strokes.instrument(np.random.default_rng(2))
    found = {pitch: drums(Note(0, 1, pitch)) for pitch in (36, 38, 42, 49)}
    assert all(np.isfinite(tone.samples).all() and tone.pitch is None for tone in found.values())

    def centroid(samples):
        power = np.abs(np.fft.rfft(samples)) ** 2
        return (power * np.fft.rfftfreq(len(samples), 1 / 22050)).sum() / power.sum()

    def seconds(samples):
        level = np.abs(samples) > 0.05 * np.abs(samples).max()
        return np.flatnonzero(level)[-1] / 22050

    assert centroid(found[36].samples) < 400 < 2000 < centroid(found[42].samples)
    assert seconds(found[49].samples) > 2 * seconds(found[42].samples)
    assert drums(Note(0, 1, 36)) is found[36]
    assert drums(Note(0, 1, 3)) is None
    other = strokes.instrument(np.random.default_rng(3))(Note(0, 1, 36))
    assert not np.allclose(other.samples, found[36].samples, atol=0.05)

from itertools import pairwise

import numpy as np
import pytest

from toolkit.errors import ToolkitError
from toolkit.evaluation import declipping, foreign_noise, gaps, hums, metrics
from toolkit.evaluation.mixtures import mix
from toolkit.values import Audio

RATE = 16000
RNG = np.random.default_rng(0)
TIME = np.arange(4 * RATE) / RATE
CHORD = sum(np.sin(2 * np.pi * pitch * TIME) for pitch in (220, 277.2, 329.6, 440))
MUSIC = Audio((0.1 * CHORD * (1.1 - TIME / 4)).astype(np.float32)[None], RATE)


@pytest.mark.parametrize("sdr_db", declipping.SDRS_DB)
def test_clipping_leaves_its_sdr(sdr_db):
    worn = declipping.clip(MUSIC, sdr_db)
    assert metrics.snr(MUSIC.samples, worn.samples) == pytest.approx(sdr_db, abs=0.01)
    at = MUSIC.samples != worn.samples
    assert np.ptp(np.abs(worn.samples[at])) < 1e-6
    half = np.where(at, (MUSIC.samples + worn.samples) / 2, MUSIC.samples)
    before = declipping.clipped_sdr(MUSIC.samples, worn.samples, worn.samples)
    gain = declipping.clipped_sdr(MUSIC.samples, worn.samples, half) - before
    assert gain == pytest.approx(6.02, abs=0.01)


@pytest.mark.parametrize("length_ms", gaps.LENGTHS_MS)
def test_gaps_lie_apart_in_the_music(length_ms):
    quiet_end = MUSIC.samples.copy()
    quiet_end[:, 3 * RATE :] = 0
    audio = Audio(quiet_end, RATE)
    spans = gaps.draw_gaps(audio, length_ms, np.random.default_rng(1))
    length = round(length_ms * RATE / 1000)
    assert len(spans) == gaps.NUM_GAPS
    assert all(stop - start == length for start, stop in spans)
    assert all(later[0] - sooner[1] >= length for sooner, later in pairwise(spans))
    assert spans[0][0] >= length
    assert spans[-1][0] < 3 * RATE
    assert spans == gaps.draw_gaps(audio, length_ms, np.random.default_rng(1))


def test_no_room_for_gaps_is_said():
    with pytest.raises(ValueError, match="no room"):
        gaps.draw_gaps(Audio(MUSIC.samples[:, :4000], RATE), 80, np.random.default_rng(0))


def test_snr_counts_in_gaps_alone_and_the_toolkit_beats_a_low_order():
    spans = gaps.draw_gaps(MUSIC, 20, np.random.default_rng(0))
    holed = MUSIC.samples.copy()
    for start, stop in spans:
        holed[:, start:stop] = 0
    assert gaps.snr_in_gaps(MUSIC.samples, holed, spans) == pytest.approx(0, abs=1e-6)
    outside = MUSIC.samples.copy()
    outside[:, : spans[0][0]] = 1
    assert gaps.snr_in_gaps(MUSIC.samples, outside, spans) > 100
    reached = {
        name: gaps.snr_in_gaps(MUSIC.samples, fill(holed, spans, RATE), spans)
        for name, fill in gaps.METHODS.items()
    }
    assert reached["tonearm inpainting"] > max(reached["silence"], reached["AR, order 32"]) + 3


def hum_case(level_db: float = -20.0) -> hums.Case:
    return hums.draw_case(
        MUSIC,
        np.random.default_rng(3),
        mains_hz=50.0,
        harmonics=hums.KINDS["odd"],
        level_db=level_db,
    )


def test_hum_has_its_level_and_the_bass_does_not_depend_on_it():
    case = hum_case()
    added = (case.worn.samples - case.clean.samples)[0]
    level = 20 * np.log10(added.std() / case.clean.samples.std())
    assert level == pytest.approx(-20, abs=0.1)
    assert np.array_equal(case.clean.samples, hum_case(-40.0).clean.samples)
    assert 49 < case.hum_hz < 51


@pytest.mark.parametrize("left", [1.0, 0.1, 0.01])
def test_attenuation_is_that_of_the_known_lines(left):
    case = hum_case()
    hum = case.lines.real.sum(axis=0)
    output = (case.clean.samples + left * hum).astype(np.float32)
    found = hums.attenuation_db(case, output, case.clean.samples)
    assert found == pytest.approx(-20 * np.log10(left), abs=0.5)
    notes = np.sin(2 * np.pi * 1000 * TIME)
    louder = (output + notes).astype(np.float32)
    assert hums.attenuation_db(case, louder, (case.clean.samples + notes).astype(np.float32)) == (
        pytest.approx(found, abs=0.1)
    )


def test_energy_near_the_lines_leaves_other_notes_out():
    case = hum_case()
    assert hums.near_lines(case, np.sin(2 * np.pi * 220 * TIME)) < 1e-3 * hums.near_lines(
        case, np.sin(2 * np.pi * case.hum_hz * TIME)
    )


@pytest.mark.parametrize("method", hums.METHODS)
def test_dehummers_keep_the_length(method):
    case = hum_case()
    assert hums.METHODS[method](case.worn, 50.0).shape == case.worn.samples.shape


@pytest.mark.slow  # needs the plugin of Debian's swh-plugins, as the suite itself does
def test_vinyl_noise_is_repeatable_and_mixes_at_its_ratio():
    noise = [
        foreign_noise.vinyl_noise(2, RATE, RATE, np.random.default_rng(seed)) for seed in (0, 0, 1)
    ]
    assert np.array_equal(noise[0], noise[1])
    assert not np.array_equal(noise[0], noise[2])
    assert noise[0].shape == (2, RATE)
    mixture = mix(MUSIC, 6.0, foreign_noise.vinyl_noise, np.random.default_rng(0))
    assert metrics.snr(MUSIC.samples, mixture.noisy.samples) == pytest.approx(6, abs=0.2)


def test_without_the_plugin_two_lines_say_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("TONEARM_CACHE", str(tmp_path))
    monkeypatch.delenv("LADSPA_PATH", raising=False)
    monkeypatch.setattr("toolkit.adapters.ladspa.SYSTEM_FOLDERS", (tmp_path,))
    with pytest.raises(ToolkitError, match=r"vynil_1905\.so is not installed") as caught:
        foreign_noise.foreign_noise(limit=1)
    assert "apt-get install swh-plugins" in caught.value.hint

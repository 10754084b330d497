import json

import numpy as np
import pytest

from toolkit.dsp import damage
from toolkit.errors import UsageError
from toolkit.evaluation import (
    declicking,
    denoisers,
    denoising,
    metrics,
    music,
    suites,
    transparency,
)
from toolkit.evaluation.mixtures import mix
from toolkit.evaluation.real import impulses_per_second, side_audio
from toolkit.values import Audio

RATE = 44100


def tone(seconds: float = 3.0) -> Audio:
    time = np.arange(int(seconds * RATE)) / RATE
    return Audio((0.1 * np.sin(2 * np.pi * 300 * time)).astype(np.float32)[None], RATE)


@pytest.mark.parametrize("snr_db", [2.0, 20.0])
def test_mixtures_have_their_ratio_by_variance(snr_db):
    mixture = mix(tone(), snr_db, denoising.shellac_noise, np.random.default_rng(0))
    assert metrics.snr(mixture.clean.samples, mixture.noisy.samples) == pytest.approx(
        snr_db, abs=0.1
    )


def test_shellac_noise_has_all_its_parts():
    noise = denoising.shellac_noise(1, 12 * RATE, RATE, np.random.default_rng(0))[0]
    spectrum = np.abs(np.fft.rfft(noise)) ** 2
    frequency = np.fft.rfftfreq(len(noise), 1 / RATE)
    hum = spectrum[(frequency > 48.5) & (frequency < 51.5)].max()
    assert hum > 50 * np.median(spectrum[(frequency > 100) & (frequency < 200)])
    assert impulses_per_second(noise[None].astype(np.float32), RATE) > 10
    period = round(60 * RATE / 78.26)
    assert np.corrcoef(noise[:-period], noise[period:])[0, 1] > 0.2


@pytest.mark.parametrize("family", declicking.FAMILIES)
def test_pairs_are_the_same_each_time_and_damaged_unless_control(family):
    clean, worn = declicking.damaged_pair(tone(), family, 0, 1)
    again = declicking.damaged_pair(tone(), family, 0, 1)[1]
    assert np.array_equal(worn.samples, again.samples)
    assert np.array_equal(clean.samples, worn.samples) == (family == declicking.CONTROL)


def test_impulses_are_counted_and_music_is_not():
    quiet = tone(4.0)
    quiet = quiet.with_samples(quiet.samples * np.hanning(quiet.num_samples).astype(np.float32))
    assert impulses_per_second(quiet.samples, RATE) < 0.3
    bed = 1e-4 * np.random.default_rng(0).standard_normal(quiet.samples.shape)
    samples = (quiet.samples + bed).astype(np.float32)
    samples[0, 5000::8820] += 0.2
    assert impulses_per_second(samples, RATE) == pytest.approx(5, abs=0.3)


def test_edge_signals_of_the_transparency_suite():
    named = dict(transparency.synthetic(2))
    assert not named["silence"].samples.any()
    assert np.abs(named["full-scale sine"].samples).max() == pytest.approx(1)
    assert not np.array_equal(named["bursts 0"].samples, named["bursts 1"].samples)


def test_the_real_side_is_there():
    side = side_audio("sousa-1917.flac")
    assert (side.num_channels, side.sample_rate, side.duration) == (2, 96000, 10.0)


def test_every_family_but_the_control_changes_what_a_declicker_is_given():
    shape = damage.Recording(1, 5 * RATE, RATE)
    for name, draw in declicking.FAMILIES.items():
        clicks = draw(np.random.default_rng(0), shape)
        assert (len(clicks) == 0) == (name == declicking.CONTROL)


def test_denoisers_are_compared_file_by_file():
    seen = []
    report = denoisers.compare(
        "d1",
        "Title",
        denoising.shellac_noise,
        limit=1,
        seeds=1,
        progress=lambda done, total: seen.append((done, total)),
        methods=("input", "MMSE-LSA, told the profile, oracle Wiener mask"),
    )
    assert len(report.rows) == 3 * len(denoisers.SNRS_DB)
    assert seen[-1] == (len(denoisers.SNRS_DB),) * 2
    by_method = {row["method"]: row for row in report.summary}
    assert by_method["input"]["of oracle"] == "0 %"
    assert by_method[denoisers.ORACLE]["of oracle"] == "100 %"
    assert by_method[denoisers.RIVAL]["over MMSE-LSA"] == ""
    assert by_method[denoisers.ORACLE]["over MMSE-LSA"].startswith("+")
    assert by_method["input"]["worst decile"] == pytest.approx(0, abs=0.1)
    assert report.chart is not None
    assert report.chart.places == denoisers.SNRS_DB


def test_every_model_of_the_denoiser_has_a_row():
    names = [name for name in denoisers.all_methods() if name.startswith("tonearm denoise")]
    assert names == ["tonearm denoise"] or "tonearm denoise, classical" in names


@pytest.mark.parametrize("name", ["speed", "memory"])
def test_suites_without_methods_refuse_them(name):
    with pytest.raises(UsageError, match="no method 'input'"):
        suites.SUITES[name](methods=("input",))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["d1", "d2", "d3", "c1", "h1", "l1", "i1", "w1", "b1", "r1", "s1"])
def test_suites_give_reports(name):
    report = suites.SUITES[name](limit=1)
    assert report.suite == name
    assert report.markdown().startswith("## ")
    assert json.loads(report.json())["rows"]


@pytest.mark.slow
def test_memory_does_not_grow_with_length():
    report = suites.SUITES["memory"](limit=2, methods=("restore",))
    short, longer = (row["peak_mib"] for row in report.rows)
    assert longer < 1.3 * short


@pytest.mark.slow
def test_restoring_improves_every_item_at_six_decibels():
    from toolkit.evaluation.tools import tonearm_restore

    for name, audio in music.clean_music(4):
        mixture = mix(audio, 6.0, denoising.shellac_noise, np.random.default_rng(0))
        restored = tonearm_restore(mixture.noisy)
        assert metrics.snr(audio.samples, restored) > 8, name

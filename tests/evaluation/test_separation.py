import json
import math

import numpy as np
import pytest

from toolkit.errors import UsageError
from toolkit.evaluation import separation, separators, stem_metrics
from toolkit.values import Audio, Stems

RATE = 22050


def song(piano: bool = True, noise: bool = False) -> Stems:
    rng = np.random.default_rng(0)
    time = np.arange(3 * RATE) / RATE
    parts = {
        "piano": 0.1 * np.sin(2 * np.pi * 440 * time) * piano,
        "bass": 0.1 * np.sin(2 * np.pi * 80 * time),
        "drums": 0.3 * rng.standard_normal(len(time)) * (time % 0.5 < 0.02),
        "other": 0.05 * np.sin(2 * np.pi * 990 * time),
        "noise": 0.01 * rng.standard_normal(len(time)) * noise,
    }
    return Stems({name: Audio(part.astype(np.float32)[None], RATE) for name, part in parts.items()})


def halves(mixture: Audio, true: Stems) -> dict[str, np.ndarray]:
    """Find each stem with half the error that the mixture has."""
    return {
        name: (audio.samples + (mixture.samples - audio.samples) / 2).astype(np.float32)
        for name, audio in true.items()
    }


def by_stem(rows: list) -> dict:
    return {row["stem"]: row for row in rows}


def test_scores_are_over_the_mixture():
    true = song()
    mixture = true.mixture()
    rows = by_stem(separation.score(true, separators.untouched(mixture, true)))
    assert all(rows[name]["gain"] == 0 for name in ("piano", "bass", "drums", "other"))
    rows = by_stem(separation.score(true, halves(mixture, true)))
    for name in ("piano", "bass", "drums", "other"):
        found = halves(mixture, true)[name]
        gain = stem_metrics.si_sdr(true[name].samples, found) - stem_metrics.si_sdr(
            true[name].samples, mixture.samples
        )
        assert rows[name]["gain"] == pytest.approx(gain)
        assert 4 < gain < 8
        before = stem_metrics.usdr(true[name].samples, mixture.samples)
        assert rows[name]["usdr"] == pytest.approx(before + 6.02, abs=0.01)
        assert math.isfinite(rows[name]["sdr"])


def test_silent_stems_have_a_level_and_no_ratio():
    true = song(piano=False)
    mixture = true.mixture()
    rows = by_stem(separation.score(true, halves(mixture, true)))
    assert rows["piano"]["state"] == "silent"
    assert math.isnan(rows["piano"]["gain"])
    assert rows["piano"]["silent_dbfs"] == pytest.approx(
        stem_metrics.level_dbfs(mixture.samples) - 6.02, abs=0.01
    )
    assert math.isnan(rows["bass"]["silent_dbfs"])


def test_faint_stems_count_nowhere():
    true = song()
    faint = true["piano"].with_samples(true["piano"].samples / 1000)
    true = Stems({**true, "piano": faint})
    row = by_stem(separation.score(true, halves(true.mixture(), true)))["piano"]
    assert row["state"] == "faint"
    assert math.isnan(row["gain"])
    assert math.isnan(row["silent_dbfs"])


@pytest.mark.parametrize("noise", [False, True])
def test_hpss_puts_each_where_it_belongs_and_adds_up(noise):
    true = song(noise=noise)
    mixture = true.mixture()
    found = separators.hpss_crossover(mixture, true)
    rows = by_stem(separation.score(true, found))
    assert rows["bass"]["gain"] > 6
    assert rows["drums"]["gain"] > 6
    assert rows["piano"]["gain"] > 0
    assert rows["piano"]["sum_db"] < -60
    assert found["noise"].any() == noise


def test_the_oracle_is_far_above_and_adds_up():
    true = song(noise=True)
    mixture = true.mixture()
    rows = by_stem(separation.score(true, separators.oracle_mask(mixture, true)))
    assert all(row["gain"] > 6 for row in rows.values())
    assert rows["piano"]["sum_db"] < -60


def test_the_suite_compares_clean_and_old():
    seen = []
    items = {"one": song, "two": lambda: song(piano=False)}
    methods = {"mixture": separators.untouched, "halves": halves}
    report = separation.compare(
        items, methods, seeds=2, progress=lambda done, total: seen.append((done, total))
    )
    assert seen[-1] == (6, 6)
    assert len(report.rows) == 2 * 3 * 2 * 5
    old = {row["chain"] for row in report.rows if row["record"] == "old" and row["item"] == "one"}
    assert len(old) == 2
    lines = {(line["record"], line["method"], line["stem"]): line for line in report.summary}
    assert ("clean", "halves", "noise") not in lines
    assert lines["old", "halves", "noise"]["songs"] == 2
    assert lines["clean", "halves", "piano"]["songs"] == 1
    assert lines["clean", "halves", "bass"]["below mixture"] == 0
    assert lines["clean", "halves", "bass"]["worst"].startswith("+")
    assert lines["clean", "mixture", separation.ALL]["SI-SDR gain (dB)"].startswith("+0.0")
    assert [line["record"] for line in report.summary] == sorted(
        line["record"] for line in report.summary
    )
    assert report.markdown().startswith("## S1")
    assert len(json.loads(report.json())["rows"]) == len(report.rows)
    assert report.chart is not None
    assert "bass, old" in report.chart.places


def test_unknown_methods_are_refused():
    with pytest.raises(UsageError, match="no method 'htdemuks'"):
        separation.separation(methods=("htdemuks",))


@pytest.mark.slow  # needs Debian's openttd-openmsx, as the suite itself does
def test_the_suite_runs():
    report = separation.separation(limit=1, methods=("mixture, oracle ratio mask",))
    lines = {(line["record"], line["method"], line["stem"]): line for line in report.summary}
    assert lines["clean", "oracle ratio mask *", "drums"]["SI-SDR (dB)"] > 6

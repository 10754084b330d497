import json
import os

import numpy as np
import pytest

from toolkit.errors import UsageError
from toolkit.evaluation import speed


def test_settings_in_words():
    assert speed.Setting(44100, 1, 2).label == "44.1 kHz mono, 2 threads"
    assert speed.Setting(96000, 2, 1).label == "96 kHz stereo, 1 thread"
    assert speed.Setting(48000, 6, 4).label == "48 kHz 6 channels, 4 threads"
    assert speed.Setting(44100, 1, 2) in speed.SETTINGS


def test_damaged_music_of_any_format():
    audio = speed.damaged_music(48000, 3, 12.0)
    assert audio.samples.shape == (3, 12 * 48000)
    assert np.isfinite(audio.samples).all()


def test_methods_are_refused():
    with pytest.raises(UsageError, match="no method 'input'"):
        speed.speed(methods=("input",))


@pytest.mark.slow
def test_every_setting_has_every_step_and_every_denoiser():
    threads = os.environ.get("OMP_NUM_THREADS")
    report = speed.speed(limit=1)
    assert os.environ.get("OMP_NUM_THREADS") == threads
    assert json.loads(report.json())["rows"]
    summary = {row["step"]: row for row in report.summary}
    wanted = {"measure", "declick", "denoise", speed.WHOLE}
    alone = {f"denoise, {model}, alone" for model in ("classical", "fast", "best")}
    assert wanted | alone <= set(summary)
    columns = [setting.label for setting in speed.SETTINGS]
    assert all(set(columns) < set(row) for row in summary.values())
    whole = summary[speed.WHOLE]
    factor = float(whole[f"real-time factor, {columns[0]}"])
    assert factor == pytest.approx(1 / whole[columns[0]], rel=0.01)
    assert report.chart is not None
    assert set(report.chart.series) == set(columns)

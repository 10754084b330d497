import numpy as np
import soundfile

from toolkit.evaluation import memory


def test_files_are_as_long_and_as_fast_as_the_program_s(tmp_path):
    path, program = tmp_path / "long.wav", memory.PROGRAMS["separate"]
    memory.write_long(path, 0.02, program.sample_rate)
    samples, rate = soundfile.read(path)
    assert rate == program.sample_rate
    assert samples.shape == (round(1.2 * rate), 2)
    assert 0.2 < np.abs(samples).max() <= 0.9


def test_growth_compares_the_lengths_of_one_program():
    rows = [
        {"program": "restore", "peak_mib": 300.0},
        {"program": "restore", "peak_mib": 330.0},
        {"program": "separate", "peak_mib": 900.0},
    ]
    assert "1.10 times" in memory._growth(rows, "restore")
    assert "1.00 times" in memory._growth(rows, "separate")

import math
from dataclasses import replace

from toolkit.dsp.condition import Condition
from toolkit.report.words import found

OLD = Condition(
    duration=183.46,
    sample_rate=44100,
    num_channels=2,
    peak_db=-0.52,
    level_db=-21.26,
    noise_floor_db=-43.14,
    snr_db=21.88,
    low_hz=103.6,
    high_hz=5210.2,
    clicks_per_second=37.24,
    thumps_per_minute=4.4,
    rumble_db=-48.77,
    dc=-0.00123,
    hum_hz=50.04,
    hum_db=-52.31,
    hum_prominence_db=17.6,
    clipped_ratio=0.0123,
    clip_level=0.5,
    groove="mono in stereo",
)


def test_everything_measured_is_said():
    assert found(OLD) == [
        "183.5 s, 44.1 kHz, 2 ch, groove mono in stereo",
        "level -21.3 dB, peak -0.5 dB",
        "noise floor -43.1 dB, music 21.9 dB above it from 104 to 5210 Hz",
        "clicks 37.2 a second",
        "thumps 4 a minute, rumble -48.8 dB, DC -0.00123",
        "hum 50.04 Hz at -52.3 dB, 18 dB above its surroundings",
        "clipped at -6.0 dB, 1.23 % of the samples",
    ]


def test_what_is_absent_is_said_in_words():
    clean = replace(
        OLD,
        hum_hz=0.0,
        hum_db=-math.inf,
        clipped_ratio=0.0,
        clip_level=0.0,
        rumble_db=-math.inf,
        noise_floor_db=-math.inf,
        dc=0.0,
    )
    lines = found(clean)
    assert "no hum" in lines
    assert "no clipping" in lines
    assert "no noise floor found" in lines
    assert "thumps 4 a minute, rumble none, DC +0.00000" in lines
    assert "inf" not in " ".join(lines)


def test_silence_is_called_silence_and_nothing_else():
    silent = replace(OLD, level_db=-math.inf, peak_db=-math.inf, sample_rate=96000)
    assert found(silent) == ["183.5 s, 96 kHz, 2 ch, groove mono in stereo", "silence"]


def test_a_rate_that_is_no_round_number_is_shown_whole():
    assert "22.05 kHz" in found(replace(OLD, sample_rate=22050))[0]

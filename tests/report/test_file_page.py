import re

from toolkit.report.ab_player import Sound, listen
from toolkit.report.file_page import FileFacts, page

RECORD = {
    "input": {"format": {"container": "wav", "bits": 24}, "num_samples": 1000},
    "output": {"format": {"container": "wav", "bits": 24}},
    "settings": {"seed": 7, "duration": None},
    "software": {"numpy": "2.0"},
    "pipeline": {"name": "shellac-78", "sha256": "d" * 64},
    "checkpoints": [{"name": "dreamer", "class": "generative", "sha256": "ab" * 32}],
    "decisions": [{"step": "dehum", "reason": "hums at 50 <Hz>"}],
    "steps": [
        {
            "id": "dehum",
            "stage": "dehum",
            "sources": ["input"],
            "parameters": {"strength": 0.25},
            "findings": {"hum_hz": 50.0, "harmonics": [1, 2]},
            "seconds": 1.234,
        }
    ],
}


def text_of(found):
    return re.sub("<[^>]*>", " ", found)


def level(markup):
    return [float(each) for each in re.findall(r'data-lufs="([^"]*)"', markup)]


def test_parts_are_played_as_loud_as_they_were_measured():
    sounds = (Sound("Before", "a.wav", -20.0), Sound("After", "b.wav", -15.5), Sound("Gone", "c"))
    markup = listen(sounds)
    # What was taken away is heard as loud as it was in the recording.
    assert level(markup) == [-20.0, -15.5, -20.0]
    assert re.findall(r'<audio [^>]*src="([^"]*)"', markup) == ["a.wav", "b.wav", "c"]
    assert re.findall(r'data-part="(\d)" aria-pressed="(\w+)"', markup) == [
        ("0", "true"),
        ("1", "false"),
        ("2", "false"),
    ]


def test_silence_has_no_loudness_to_match():
    assert level(listen([Sound("Before", "a.wav"), Sound("After", "b.wav")])) == [0.0, 0.0]


def test_without_a_script_every_part_has_a_player_of_its_own():
    markup = listen([Sound("Before", "a.wav", -20.0)])
    assert "<audio controls" in markup
    assert re.search(r'<div class="switch"[^>]* hidden>', markup)


def test_it_tells_what_was_done_why_and_with_what():
    facts = FileFacts("a & b.wav", "done", record=RECORD, record_url="../a.json")
    found = page(facts).decode()
    for word in ("strength 0.25", "hum hz 50", "harmonics 1, 2", "hums at 50 &lt;Hz&gt;", "1.23"):
        assert word in found
    assert "seed" in text_of(found)
    assert "not the document" in found
    assert "a &amp; b.wav" in found
    assert 'href="../a.json"' in found


def test_measures_before_after_and_their_change():
    before = {"noise_floor_db": -40.0, "hum_hz": 50.0, "lufs": -20.0}
    after = {"noise_floor_db": -61.5, "hum_hz": None, "lufs": -20.0}
    measures = {"before": before, "after": after, "removed_db": -38.21}
    found = text_of(page(FileFacts("a.wav", "done", measures=measures)).decode())
    words = re.sub(r"\s+", " ", found)
    assert "Noise floor dBFS -40.00 -61.50 -21.50" in words
    assert "Hum, fundamental Hz 50.00 – –" in words
    assert "Loudness, integrated LUFS -20.00 -20.00 0.00" in words
    assert "-38.21 dBFS" in words


def test_what_went_wrong_is_told_in_full():
    facts = FileFacts(
        "bad.wav",
        "quarantined",
        attempts=3,
        code="E_FORMAT",
        message="not <wav>",
        hint="fetch it again",
        trace="Traceback:\n  line",
        events=[("2026-01-01", "quarantine", "failure", "code E_FORMAT")],
    )
    found = page(facts).decode()
    for word in ("E_FORMAT", "not &lt;wav&gt;", "fetch it again", "Attempts: 3", "quarantine"):
        assert word in found
    assert "<pre>Traceback:\n  line</pre>" in found
    assert "cannot be read" not in found


def test_a_result_without_its_record_says_so():
    assert "tonearm verify" in page(FileFacts("a.wav", "done")).decode()


def test_files_warnings_and_the_mark():
    facts = FileFacts(
        "a.wav",
        "done",
        warnings=("cut short",),
        size=1500,
        sha256="ef" * 32,
        files=[("output", "a.restored.wav", 2_500_000, "cd" * 32)],
    )
    data = page(facts, "mark1")
    words = re.sub(r"\s+", " ", text_of(data.decode()))
    assert "cut short" in words
    assert f"source a.wav 1.5 kB {'ef' * 32}" in words
    assert f"output a.restored.wav 2.5 MB {'cd' * 32}" in words
    assert data.endswith(b"<!-- tonearm mark1 -->\n")

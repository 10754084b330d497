import re
from html.parser import HTMLParser

import pytest

from toolkit.report.survey_page import page
from toolkit.report.survey_plots import Axis, Dot, histogram, scatter

EVIL = '<img src=x onerror="alert(1)">&.wav'


def file(name: str, **changes) -> dict:
    measures = {
        "high_hz": 4000.0,
        "noise_floor_db": -40.0,
        "snr_db": 12.0,
        "clicks_per_minute": 90.0,
        "hum_hz": None,
        "lufs": -20.0,
    }
    media = {"medium": "tape", "era": "since 1940", "share": 0.8, "reasons": [EVIL]}
    return {
        "name": name,
        "size": 1000,
        "sha256": "",
        "problems": [],
        "format": {"container": "wav", "bits": 24, "sample_rate": 96000, "num_channels": 1},
        "duration": 65.0,
        "measures": measures,
        "media": [media],
        "tuning_cents": -12.0,
        "key": "C major",
        "tempo": 120.0,
        **changes,
    }


def survey(files: list[dict]) -> dict:
    return {
        "title": EVIL,
        "made": "2026-01-01T00:00:00+00:00",
        "totals": {
            "files": len(files),
            "bytes": 1000,
            "duration": 65.0,
            "unreadable": 1,
            "damaged": 0,
            "notable": 1,
            "formats": {EVIL: 1},
            "media": {"tape": 1},
        },
        "files": files,
        "copies": [{"same": "bytes", "names": [EVIL, "b.wav"]}],
        "same_pieces": [{"names": [EVIL, "c.wav"], "agreement": 0.3, "significance": 9.0}],
        "same_recordings": [
            {
                "members": [
                    {"name": EVIL, "offset": 0.0, "speed": 1.0, "confidence": 1.0},
                    {"name": "b.wav", "offset": -1.25, "speed": 1.0321, "confidence": 0.6},
                ]
            }
        ],
    }


class Tags(HTMLParser):
    """Gather elements, and complain of what is not closed in order."""

    VOID = frozenset(("meta", "br", "img", "input"))

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.attributes: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def read(content: bytes) -> Tags:
    tags = Tags()
    tags.feed(content.decode())
    assert tags.open == []
    return tags


@pytest.fixture
def evil() -> list[dict]:
    error = {"severity": "unreadable", "code": "E_EMPTY", "words": EVIL}
    mild = {"severity": "notable", "code": "dc", "words": "mean at +2 %"}
    broken = {"name": EVIL, "size": 0, "sha256": "", "problems": [error], "error": {}}
    return [file("fine.wav", problems=[mild]), broken]


def test_everything_from_outside_is_escaped(evil):
    content = page(survey(evil))
    tags = read(content)
    assert "img" not in tags.seen
    assert tags.seen.count("script") == 1
    assert EVIL in tags.text


def test_the_page_needs_nothing_from_elsewhere(evil):
    content = page(survey(evil))
    assert not {"src", "href", "srcset"} & read(content).attributes
    assert not re.search(r"https?://|@import|url\(", content.decode())


def test_problems_come_first_and_the_worst_before_all(evil):
    text = read(page(survey(evil))).text
    headings = (
        "Problems",
        "Other transfers",
        "Likely the same piece",
        "Copies",
        "Measured",
        "All files",
    )
    places = [text.index(each) for each in headings]
    assert places == sorted(places)
    assert text.index("unreadable", places[0]) < text.index("mean at +2 %")


def test_speeds_and_offsets_are_shown(evil):
    text = page(survey(evil)).decode()
    assert ">-1.25<" in text
    assert ">1.0321<" in text
    assert ">3.21<" in text


def test_a_collection_in_good_order_has_no_empty_sections():
    clean = {**survey([file("a.wav")]), "copies": [], "same_recordings": [], "same_pieces": []}
    text = read(page(clean)).text
    assert "Problems" not in text
    assert "Copies" not in text


def test_rows_are_limited_and_that_is_said():
    text = read(page(survey([file(f"{number}.wav") for number in range(3100)]))).text
    assert "The first 3000 of 3100; all are in survey.csv." in text


def test_histograms_count_every_value():
    figure = histogram("Lengths", [1.0, 1.0, 10.0, 100.0], Axis("s", logarithmic=True))
    counts = [int(each) for each in re.findall(r": (\d+)</title>", figure)]
    assert sum(counts) == 4
    assert max(counts) == 2


@pytest.mark.parametrize("values", [[0.0], [-20.0, -20.0], [1e-3, 1e6]])
def test_histograms_bear_any_spread(values):
    figure = histogram("Levels", values, Axis("dB"))
    assert "nan" not in figure
    assert sum(int(each) for each in re.findall(r": (\d+)</title>", figure)) == len(values)


def test_nothing_is_drawn_of_nothing():
    assert histogram("Levels", [], Axis("dB")) == ""
    assert scatter("Both", [], Axis("Hz"), Axis("dB")) == ""


def test_scatters_lie_within_their_frame_and_say_what_is_what():
    dots = [Dot(100.0, -60.0, "tape", EVIL), Dot(15000.0, -20.0, "vinyl", "b")]
    figure = scatter("Both", dots, Axis("Hz", logarithmic=True), Axis("dB"))
    spots = re.findall(r'class="dot" cx="([\d.]+)" cy="([\d.]+)"', figure)
    assert len(spots) == 2
    (left, low), (right, high) = (tuple(map(float, each)) for each in spots)
    assert 0 < left < right < 640
    assert 0 < high < low < 360
    assert "tape" in figure
    assert "<img" not in figure

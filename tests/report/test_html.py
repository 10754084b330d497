import os
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.report import html
from toolkit.report.html import Html


class Seen(HTMLParser):
    """Keep the tags, texts and attributes that a browser would see."""

    def __init__(self, markup):
        super().__init__()
        self.tags, self.text, self.values = [], "", []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.values += [value for _, value in attrs]

    def handle_data(self, data):
        self.text += data


# Whatever a file may be called: any character, and bytes that are no text.
names = st.text(st.characters()) | st.binary().map(os.fsdecode)


@given(names)
def test_no_text_becomes_markup(text):
    seen = Seen(Html('<p title="{}">{}</p>').format(text, text))
    assert seen.tags == ["p"]
    assert seen.text == html.shown(text)
    assert seen.values == [html.shown(text)]


@given(names)
def test_no_cell_name_or_link_becomes_markup(text):
    table = html.table((text,), [(text, html.name(text), html.anchor(text, text))], text)
    tags = Seen(table).tags
    allowed = {"div", "table", "caption", "thead", "tbody", "tr", "th", "td", "bdi", "a"}
    assert set(tags) <= allowed
    assert tags.count("td") == 3


@given(names)
def test_what_is_shown_can_be_stored_and_seen(text):
    for kept in (html.shown(text), str(html.name(text))):
        kept.encode()
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", kept)
    assert "\n" not in html.name(text)


@given(names)
def test_a_link_leads_to_the_bytes_of_the_name(text):
    url = html.link(text)
    assert unquote_to_bytes(url) == text.encode("utf-8", "surrogateescape")
    assert re.fullmatch(r"[\w.~/%-]*", url, re.ASCII)


def test_stray_bytes_and_turned_directions_are_written_out():
    assert html.shown(os.fsdecode(b"n\xe9e") + "\u202egnp.exe\x1b[2J") == (
        r"n\xe9e\u202egnp.exe\x1b[2J"
    )
    assert html.shown("naïve 音楽\n") == "naïve 音楽\n"
    assert html.name("a\nb") == r'<bdi class="name">a\x0ab</bdi>'


def test_tables_hold_what_they_are_given():
    head = ("name", html.column("size"))
    table = html.table(head, [("<a>", html.number(2.5)), (None, html.number(None))])
    seen = Seen(table)
    assert (seen.tags.count("th"), seen.tags.count("td"), seen.tags.count("tr")) == (2, 4, 3)
    assert "&lt;a&gt;" in table
    assert 'data-value="2.5">2.5<' in table
    assert table.count("–") == 2
    assert html.table(head, []) == "<p>Nothing.</p>"


def test_numbers_have_no_negative_zero():
    assert ">0.0<" in html.number(-0.001)
    assert ">-0.1<" in html.number(-0.1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a_b": 1.5, "c": [True, None]}, "a b 1.5, c yes, –"),
        ([], "–"),
        ("", "–"),
        (44100.0, "44100"),
    ],
)
def test_plain_data_in_words(value, expected):
    assert html.words(value) == expected


@pytest.mark.parametrize(
    ("num_bytes", "expected"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (3.2e12, "3.2 TB")]
)
def test_sizes(num_bytes, expected):
    assert html.size(num_bytes) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, "0:00"), (59.6, "1:00"), (185, "3:05"), (7265, "2:01:05")]
)
def test_lengths_of_time(seconds, expected):
    assert html.clock(seconds) == expected


def test_only_the_script_of_the_page_may_run():
    script = '"use strict";\nconsole.log(1 < 2);\n'
    page = html.page("<i>", Html("<p>x</p>"), script=script).decode()
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert f"script-src &#39;sha256-{digest}&#39;" in page
    assert f"<script>{script}</script>" in page
    assert "<title>&lt;i&gt;</title>" in page
    without = html.page("x", Html("<p>x</p>")).decode()
    assert "script" not in without
    assert "default-src &#39;none&#39;" in without


def test_a_page_has_a_mark_only_when_all_of_it_is_there():
    page = html.page("x", Html("<p>x</p>"), mark="abc123")
    assert html.mark_of(page[-100:]) == "abc123"
    assert html.mark_of(page[:-3]) is None
    assert html.mark_of(b"<html></html>\n") is None


def luminance(color):
    parts = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1])
@pytest.mark.parametrize("ground", ["paper", "shade"])
@pytest.mark.parametrize("ink", ["ink", "faint", "link", "bad", "warn", "good"])
def test_every_ink_can_be_read_on_every_ground(scheme, ground, ink):
    # WCAG 2.2, success criterion 1.4.3: 4.5 for text of any size.
    found = [re.findall(rf"--{name}: (#\w+)", html._STYLE)[scheme] for name in (ground, ink)]
    lower, higher = sorted(map(luminance, found))
    assert (higher + 0.05) / (lower + 0.05) >= 4.5

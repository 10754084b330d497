import re
from pathlib import Path

import music21
import numpy as np
import torch

from toolkit.evaluation import style_items, works
from toolkit.evaluation.chord_corpora import SPLITS, scores_read, split_of
from toolkit.models.chord_language import Config, Model
from toolkit.style.harmony.chord_events import FIELDS, START, Events
from toolkit.training.chord_language import Charts, ChordLanguage, perplexities
from toolkit.training.simulation import Dice


def charts():
    loop = np.array([0, 9, 2, 7] * 10)
    places = np.zeros((40, len(FIELDS)), np.int64)
    places[:, 2] = np.arange(40) % 4
    return Charts(
        (Events(loop, np.full(40, 3), places), Events(loop[:12], np.full(12, 3), places[:12]))
    )


def test_batches_begin_with_the_chord_before_and_end_in_padding():
    dice = Dice(torch.Generator().manual_seed(1))
    chords, durations, places, real = ChordLanguage().batch(charts(), dice, 8, 16)
    assert chords.shape == durations.shape == (8, 17)
    assert places.shape == (8, 16, 4)
    assert (chords[:, 0] == START).any()
    assert (real.sum(dim=1) >= 8).all()
    assert (chords[:, 1:][~real] == START).all()


def test_a_loop_is_learned():
    torch.manual_seed(0)
    task, held = ChordLanguage(), charts()
    model = Model(Config(hidden=24, width=8, dropout=0.0))
    before = perplexities(model, held.charts, torch.device("cpu"))[0]
    for step in range(25):
        batch = task.batch(held, Dice(torch.Generator().manual_seed(step)), 8, 16)
        model.zero_grad()
        task.loss(model, batch).backward()
        with torch.no_grad():
            for weights in model.parameters():
                weights -= 0.03 * weights.grad.sign() * 0.93**step
    after = perplexities(model.eval(), held.charts, torch.device("cpu"))[0]
    assert before > 80
    assert after < 2.5


def test_titles_are_split_whatever_their_spelling():
    assert split_of("The Man I Love") == split_of("man i love, the")
    titles = [f"tune {number}" for number in range(2000)]
    shares = [sum(split_of(title) == split for title in titles) / 2000 for split in SPLITS]
    assert np.allclose(shares, (0.8, 0.1, 0.1), atol=0.03)


def test_no_work_that_is_measured_is_learned_from():
    analyses, chorales = scores_read()
    measured = {*works.HELD_OUT, *works.HELD_OUT_BEATS}
    assert measured.isdisjoint(chorales)
    assert {item.source for item in style_items.ITEMS}.isdisjoint(chorales)
    # Analyses have names of their own: what of Bach's they are of is said inside.
    for path in analyses:
        if path.startswith("bach/"):
            number = re.search(r"^BWV: *(\S+)", _text(path), re.MULTILINE)
            assert f"bach/bwv{number[1]}" not in measured, path


def _text(path):
    return (Path(music21.__file__).parent / "corpus" / path).read_text(encoding="utf-8")

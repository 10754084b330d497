import numpy as np
import pytest
import torch

from toolkit.adapters.wjazzd import Solo
from toolkit.adapters.wjazzd_playing import played
from toolkit.models import line_stylist, performer
from toolkit.style.chord import parse
from toolkit.style.melody import line_steps
from toolkit.style.melody.line_traits import TRAITS
from toolkit.style.performing import line_playing
from toolkit.training.line_styling import LineStyling
from toolkit.training.line_styling import Solos as Lines
from toolkit.training.performing import Performers, Performing
from toolkit.training.simulation import Dice
from toolkit.training.solos import line, spacing, usual_traits


def solo(seed=0, beats=120):
    """Eighths that go up and down a scale, each on-beat 20 ms late, at 120 beats a minute."""
    rng = np.random.default_rng(seed)
    positions = np.sort(rng.choice(2 * beats - 4, 160, replace=False)) / 2
    pitches = 60 + np.array([0, 2, 4, 5, 7, 9, 11, 12])[np.abs(np.arange(160) % 14 - 7)]
    late = np.where(positions % 1 == 0, 0.02, 0.03)
    return Solo(
        name="Ann_Other",
        performer="Ann",
        beats=np.arange(beats) * 0.5,
        places=np.arange(beats) % 4,
        lengths=np.full(beats, 4),
        chords=(parse("Cmaj7"),) * beats,
        positions=positions,
        onsets=positions * 0.5 + late,
        durations=np.full(160, 0.2),
        pitches=pitches,
        loudness=60 + rng.normal(0, 3, 160),
        begins=np.arange(160) % 16 == 0,
    )


def dice(seed=0):
    return Dice(torch.Generator().manual_seed(seed))


def test_a_line_is_its_solo_on_the_grid():
    made = line(solo())
    assert made.slots.tolist() == (solo().positions * 12).round().astype(int).tolist()
    assert made.pitches.tolist() == solo().pitches.tolist()
    long, short = made.weights[made.solo.begins].mean(), made.weights.mean()
    assert long > short


def test_usual_traits_and_spacing_are_those_of_the_solos():
    made = line(solo())
    found = dict(zip(TRAITS, usual_traits([made]), strict=True))
    on_beat = np.mean(made.slots % line_steps.SLOTS == 0)
    assert found["on a beat"][0] == pytest.approx(on_beat, abs=0.05)
    # Of a scale up and down, each note is a step from the next, and none is repeated.
    assert found["repeats"] == (0.0, 0.0)
    assert found["semitones"][0] > 0.2
    closer, wider = spacing([made], 1.0), spacing([made], 2.0)
    assert 0 <= wider[0] <= closer[0] <= 1
    assert wider[1] >= 1


def test_steps_lead_to_the_next_anchor_and_count_what_lies_between():
    made = line(solo())
    steps, inside = made.steps(np.random.default_rng(0), 20, 40)
    assert steps.left[-1] == 0
    for index in range(40):
        goal = inside[index] + steps.left[index] + 1
        assert made.slots[goal] - made.slots[inside[index]] == steps.gap[index]
        assert made.pitches[goal] - made.pitches[inside[index]] == steps.leap[index]
        if index and steps.left[index - 1]:
            assert steps.left[index] == steps.left[index - 1] - 1


def test_batches_are_what_the_networks_take():
    task, corpus = LineStyling(steps=16), Lines((line(solo()), line(solo(1))))
    batch = task.batch(corpus, dice(), 3, 0)
    features, gaps, arrival, intervals, counts = batch
    assert features.shape == (3, 16, line_steps.WIDTH)
    assert arrival.shape == (3, 16, line_steps.ARRIVAL_WIDTH)
    assert gaps.shape == intervals.shape == counts.shape == (3, 16)
    again = task.batch(corpus, dice(), 3, 0)
    assert all(torch.equal(*pair) for pair in zip(again, batch, strict=True))
    assert corpus.hours > 0


def test_what_was_not_heard_does_not_count():
    quiet = played(solo())
    quiet.values[:, 1] = np.nan
    notes, before, classes, known = Performing(notes=12).batch(Performers((quiet,)), dice(), 2, 0)
    assert notes.shape == (2, 12, line_playing.WIDTH)
    assert before.shape == classes.shape == known.shape == (2, 12, line_playing.VALUES)
    assert not known[..., 1].any()
    assert known[..., 0].all()
    assert not before[..., 1].any()


@pytest.mark.parametrize(
    ("task", "corpus", "model"),
    [
        (
            LineStyling(steps=16),
            Lines((line(solo()),)),
            line_stylist.Model(line_stylist.Config(channels=24, dropout=0.0)),
        ),
        (
            Performing(notes=16),
            Performers((played(solo()),)),
            performer.Model(performer.Config(channels=24, dropout=0.0)),
        ),
    ],
)
def test_a_few_steps_learn_something(task, corpus, model):
    torch.manual_seed(0)
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    losses = []
    for step in range(30):
        loss = task.loss(model, task.batch(corpus, dice(step), 4, 0))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:3])

"""Mix a performance as its style and its roles ask for."""

from __future__ import annotations

import numpy as np

from toolkit import chunks
from toolkit.dsp import damage, desk, resample, tape_hiss, wow
from toolkit.dsp.integrated_loudness import integrated_loudness
from toolkit.run import Run
from toolkit.style.arrangement import Part
from toolkit.style.performance import Performance
from toolkit.style.style import Mix, Style
from toolkit.values import DRUMS, Audio, Samples, Stems

_KICKS = (35, 36)
_BLOCK = 2**17
# Loudness of each role beside the melody, in LU, before a seat's own gain.
_ROLE_DB = {"melody": 0.0, "chords": -4.0, "bass": -3.0, "drums": -5.0, "counter": -3.0}
_LOW_CUT_HZ = {"melody": 60.0, "chords": 80.0, "bass": 28.0, "drums": 30.0, "counter": 80.0}
_CRACKLE_DB = -30.0
_MELODY_BELOW = 2.0


def mix(stems: Stems, performance: Performance, style: Style, *, lufs: float, run: Run) -> Stems:
    """Return the stems as they are in the mix, so that their sum is the mix.

    Parameters
    ----------
    stems : Stems
        Dry parts, stereo.
    performance : Performance
        What they play.
    style : Style
        With the room and what the recording is to sound like.
    lufs : float
        Integrated loudness of the mix.
    run : Run
        Is told the faders' levels.
    """
    rate = next(iter(stems.values())).sample_rate
    parts = {name: audio.samples for name, audio in stems.items()}
    found = {part.name: part for part in performance.arrangement.parts}
    if style.mix.wow_cents:
        parts = {name: _wavering(each, style.mix, rate, run) for name, each in parts.items()}
    strips = {name: _strip(found[name], style.mix) for name in parts}
    heard = dict(parts)
    noise = _record_noise(next(iter(parts.values())).shape, style.mix, rate, run)
    if noise is not None:
        heard["record"] = noise
        loudness = integrated_loudness(noise, rate)
        # A fader is set beside the melody, which comes out a little below the mix as a whole.
        strips["record"] = desk.Strip(level_db=loudness - (lufs - _MELODY_BELOW), send=0.0)
    console = desk.Console(
        room_seconds=style.mix.room_seconds,
        lufs=lufs,
        duck_db=style.mix.duck_db,
        hits=_hits(performance),
    )
    mixed, levels = desk.mix(heard, strips, console, rate, scratch=run.scratch, progress=run.tick)
    run.report(faders_db={name: round(level, 1) for name, level in levels.items()})
    return Stems({name: Audio(samples, rate) for name, samples in mixed.items()})


def summed(stems: Stems, run: Run) -> Audio:
    """Return the sum of all stems in scratch space of the run, however long they are.

    The same samples as `toolkit.values.Stems.mixture`, which holds them in memory.
    """
    first, *rest = stems.values()
    total = run.scratch(first.samples.shape)
    for block in chunks.blocks(first.samples, size=_BLOCK):
        total[:, block.span] = block.samples
        for audio in rest:
            total[:, block.span] += audio.samples[:, block.span]
            chunks.release(audio.samples)
        chunks.release(total)
    return first.with_samples(total)


def _strip(part: Part, mix: Mix) -> desk.Strip:
    return desk.Strip(
        level_db=_ROLE_DB[part.role] + part.gain_db,
        pan=part.pan,
        send=part.room if mix.room_seconds > 0 else 0.0,
        low_cut_hz=_LOW_CUT_HZ[part.role],
        high_cut_hz=mix.high_cut_hz,
        ducked=part.role != "drums",
    )


def _hits(performance: Performance) -> tuple[float, ...]:
    """Return when the bass drum is struck, in seconds."""
    return tuple(
        sorted(
            note.onset
            for part in performance.parts.values()
            for note in part
            if note.program == DRUMS and note.pitch in _KICKS
        )
    )


def _wavering(samples: Samples, mix: Mix, sample_rate: int, run: Run) -> Samples:
    """Return samples as a tape that runs unevenly plays them; all parts waver together."""
    depth = 2 ** (mix.wow_cents / 1200) - 1
    speed = wow.draw_tape(run.rng("wow"), wow=depth, flutter=depth / 8)
    return resample.warp(
        samples,
        lambda indices: speed.positions(indices, samples.shape[1], sample_rate),
        out=run.scratch(samples.shape),
        fastest=speed.fastest,
    )


def _record_noise(shape: tuple[int, ...], mix: Mix, sample_rate: int, run: Run) -> Samples | None:
    """Return the hiss and crackle of the recording, None where it has neither."""
    if mix.hiss_db <= -100 and not mix.crackle_per_second:
        return None
    out = run.scratch(shape)
    hiss = tape_hiss.draw_hiss(run.rng("hiss"), shape[0], sample_rate)
    recording = damage.Recording(shape[0], shape[1], sample_rate)
    clicks = damage.draw_clicks(run.rng("crackle"), recording, rate=mix.crackle_per_second)
    level = np.float32(10 ** (mix.hiss_db / 20))
    for block in chunks.blocks(out, size=_BLOCK):
        span = block.span
        out[:, span] = level * hiss.between(span.start, span.stop, sample_rate)
        chunks.release(out)
    peak = 10 ** (_CRACKLE_DB / 20)
    for event in range(len(clicks)):
        wave = damage.waveform(clicks, event) * clicks.gains[event][:, None]
        at = int(clicks.start[event])
        height = peak * 10 ** ((clicks.height_db[event] - 20) / 20)
        piece = out[:, at : at + wave.shape[1]]
        piece += (height * wave[:, : piece.shape[1]]).astype(np.float32)
        chunks.release(out)
    return out

"""Hear a recording before and after: switch in the midst of it, both equally loud."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.report import html
from toolkit.report.html import Html

STYLE = """
.switch { display: flex; flex-wrap: wrap; gap: .6em; align-items: center; margin: 1em 0 }
.switch[hidden] { display: none } .switch input[type=range] { flex: 1 1 20em }
.switch button { font: inherit; padding: .4em 1em; cursor: pointer; border-radius: 6px;
  border: 2px solid var(--line); background: var(--shade); color: var(--ink) }
.switch button[aria-pressed=true] { border-color: var(--link); color: var(--link) }
.switch button:disabled { color: var(--faint); text-decoration: line-through }
figure { margin: .4em 0 }
"""
"""What a page with `listen` needs in its style."""

SCRIPT = """
"use strict";
// Browsers do not let a page from a disk read samples, so this is three players that run at once,
// all but one mute: a switch is heard at once, at the same place. They are brought together again
// when they have drifted far apart; a seek while playing costs some 50 ms itself. Gains only lower:
// a volume ends at 1.
const box = document.querySelector(".switch");
if (box) {
  const parts = [...document.querySelectorAll("figure audio")];
  const buttons = [...box.querySelectorAll("button[data-part]")];
  const [play, position, time, match] =
    box.querySelectorAll("button.play, input[type=range], output, input[type=checkbox]");
  const usable = () => parts.filter((part) => !part.error && part.duration > 0);
  const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;
  let now = parts[0];
  const share = () => (now.duration > 0 ? now.currentTime / now.duration : 0);
  const bring = (part) => {
    const place = share() * part.duration;
    if (Math.abs(part.currentTime - place) > 0.06) part.currentTime = place;
  };
  const level = () => {
    const loudness = (part) => Number(part.dataset.lufs);
    const lowest = Math.min(...parts.map(loudness));
    for (const part of parts) {
      part.volume = match.checked ? 10 ** ((lowest - loudness(part)) / 20) : 1;
      part.muted = part !== now;
    }
  };
  const choose = (index) => {
    const next = parts[index];
    if (!usable().includes(next)) return;
    bring(next);
    now = next;
    buttons.forEach((each, at) => each.setAttribute("aria-pressed", String(at === index)));
    level();
  };
  const toggle = () => {
    const stopped = now.paused;
    for (const part of usable()) {
      bring(part);
      stopped ? part.play() : part.pause();
    }
  };
  const move = () => {
    for (const part of usable()) part.currentTime = position.value / position.max * part.duration;
  };
  const tell = () => {
    position.value = share() * position.max;
    time.value = `${clock(now.currentTime)} of ${clock(now.duration || 0)}`;
    play.textContent = now.paused ? "Play" : "Pause";
  };
  const lose = (at) => {
    buttons[at].disabled = true;
    parts[at].closest("figure").querySelector(".failed").hidden = false;
    if (parts[at] === now) choose(parts.indexOf(usable()[0]));
  };
  buttons.forEach((each, at) => each.addEventListener("click", () => choose(at)));
  play.addEventListener("click", toggle);
  match.addEventListener("input", level);
  position.addEventListener("input", move);
  document.addEventListener("keydown", (event) => {
    if ("123".includes(event.key)) choose(Number(event.key) - 1);
  });
  parts.forEach((part, at) => {
    part.controls = false;
    part.addEventListener("error", () => lose(at));
    for (const kind of ["loadedmetadata", "timeupdate", "play", "pause"])
      part.addEventListener(kind, () => { if (part === now) tell(); });
    // An error before this script ran is told once more.
    part.load();
  });
  box.hidden = false;
  level();
}
"""
"""What a page with `listen` needs as its script; without it each part has a player of its own."""


@dataclass(frozen=True)
class Sound:
    """Hold something to listen to: what it is, its relative URL, its loudness if known."""

    title: str
    url: str
    lufs: float | None = None


def listen(sounds: Sequence[Sound]) -> Html:
    """Return a player that switches between recordings of the same piece.

    Parameters
    ----------
    sounds : sequence of Sound
        The recording itself first. They are brought to the loudness of the softest; one whose
        loudness is not known is played at the level that it has in the first.
    """
    levels = [each.lufs for each in sounds if each.lufs is not None]
    usual = levels[0] if levels else 0.0
    buttons = (
        Html('<button type="button" data-part="{}" aria-pressed="{}">{}</button>').format(
            at, "false" if at else "true", each.title
        )
        for at, each in enumerate(sounds)
    )
    players = (_figure(each, usual) for each in sounds)
    return Html(
        "<h2>Listen</h2>\n"
        '<div class="switch" role="group" aria-label="Listen" hidden>'
        '<button type="button" class="play">Play</button>{}'
        '<input type="range" min="0" max="1000" value="0" aria-label="Position">'
        "<output>0:00</output>"
        '<label><input type="checkbox" checked> equally loud</label>'
        '<span class="faint">keys 1, 2, 3</span></div>\n{}'
    ).format(html.join(buttons), html.join(players))


def _figure(sound: Sound, usual: float) -> Html:
    level = "" if sound.lufs is None else f", {sound.lufs:.1f} LUFS"
    return Html(
        "<figure><figcaption>{}{}: {}</figcaption>"
        '<audio controls preload="metadata" data-lufs="{}" src="{}"></audio>'
        '<p class="failed warn" hidden>The browser cannot play this file from here.</p></figure>\n'
    ).format(
        sound.title,
        level,
        html.anchor(sound.url, "the file"),
        usual if sound.lufs is None else sound.lufs,
        sound.url,
    )

"""A plugin written here is compiled and hosted; without a C compiler there is nothing to host."""

import shutil
import subprocess

import numpy as np
import pytest

from toolkit.adapters import ladspa
from toolkit.errors import ToolkitError

# The interface's own layout, written out: one gain for two channels, with a static counter in it
# and a slip that real plugins have: it adds memory that it never wrote.
SOURCE = r"""
#include <stdlib.h>
#include <string.h>
typedef struct { int kind; float low, high; } Hint;
typedef struct D {
  unsigned long id; const char *label; int properties; const char *name, *maker, *copyright;
  unsigned long num_ports; const int *kinds; const char * const *names; const Hint *hints;
  void *implementation;
  void *(*instantiate)(const struct D *, unsigned long);
  void (*connect)(void *, unsigned long, float *);
  void (*activate)(void *); void (*run)(void *, unsigned long);
  void (*run_adding)(void *, unsigned long); void (*set_gain)(void *, float);
  void (*deactivate)(void *); void (*cleanup)(void *);
} D;
typedef struct { float *port[5]; float never_written[5000]; } State;
static float started = 0;
static void *make(const D *d, unsigned long rate) {
  char *dirt = malloc(sizeof(State));
  memset(dirt, rand(), sizeof(State));
  free(dirt);
  return rate < 8000 ? 0 : malloc(sizeof(State));
}
static void connect_(void *s, unsigned long n, float *p) { ((State *)s)->port[n] = p; }
static void run(void *s, unsigned long count) {
  float **p = ((State *)s)->port;
  for (unsigned long i = 0; i < count; i++) {
    p[3][i] = p[0][0] * p[1][i] + started + ((State *)s)->never_written[i % 5000];
    p[4][i] = p[0][0] * p[2][i] + (float)(rand() % 1000);
  }
  started += 1;
}
static void drop(void *s) { free(s); }
static const int kinds[] = {5, 9, 9, 10, 10};
static const char * const names[] = {"Gain", "In L", "In R", "Out L", "Out R"};
static const Hint hints[5];
static const D d = {7, "gain", 0, "Gain", "", "", 5, kinds, names, hints, 0,
                    make, connect_, 0, run, 0, 0, 0, drop};
const D *ladspa_descriptor(unsigned long n) { return n ? 0 : &d; }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    compiler = shutil.which("cc") or shutil.which("gcc")
    assert compiler, "these tests compile a plugin and need a C compiler"
    folder = tmp_path_factory.mktemp("ladspa")
    (folder / "gain.c").write_text(SOURCE)
    command = [compiler, "-shared", "-fPIC", "-w", "-o", folder / "gain.so", folder / "gain.c"]
    subprocess.run(command, check=True)
    return folder


@pytest.fixture
def plugin(folder):
    return ladspa.find("gain.so", "gain", "none", (folder,))


def test_ports_are_read(plugin):
    assert [port.name for port in plugin.ports] == ["Gain", "In L", "In R", "Out L", "Out R"]
    assert [port.audio for port in plugin.ports] == [False, True, True, True, True]
    assert [port.takes for port in plugin.ports] == [True, True, True, False, False]


@pytest.mark.parametrize("num_samples", [0, 1, 20000])
def test_runs_in_blocks_with_fresh_state_and_seeded_chance(plugin, num_samples):
    samples = np.random.default_rng(0).standard_normal((2, num_samples)).astype(np.float32)
    out = plugin.run(samples, 44100, {"Gain": 0.5}, seed=3)
    blocks = np.arange(num_samples) // 8192
    np.testing.assert_allclose(out[0], 0.5 * samples[0] + blocks, atol=1e-6)
    assert np.array_equal(out, plugin.run(samples, 44100, {"Gain": 0.5}, seed=3))
    other = plugin.run(samples, 44100, {"Gain": 0.5}, seed=4)
    assert num_samples == 0 or not np.array_equal(out[1], other[1])


def test_wrong_channels_controls_and_rates_are_refused(plugin):
    mono = np.zeros((1, 8), np.float32)
    stereo = np.zeros((2, 8), np.float32)
    with pytest.raises(ToolkitError, match="takes 2 channels and Gain"):
        plugin.run(mono, 44100, {"Gain": 1})
    with pytest.raises(ToolkitError, match="takes 2 channels and Gain"):
        plugin.run(stereo, 44100, {"Gian": 1})
    with pytest.raises(ToolkitError, match="does not start at 4000 Hz"):
        plugin.run(stereo, 4000, {"Gain": 1})


def test_what_is_missing_is_said(folder, monkeypatch):
    with pytest.raises(ToolkitError, match="not installed") as caught:
        ladspa.find("nothing.so", "nothing", "swh-plugins")
    assert "apt-get install swh-plugins" in caught.value.hint
    with pytest.raises(ToolkitError, match="no LADSPA plugin 'loss'"):
        ladspa.find("gain.so", "loss", "none", (folder,))
    monkeypatch.setenv("LADSPA_PATH", str(folder))
    assert ladspa.find("gain.so", "gain", "none").path == folder / "gain.so"
    (folder / "text.so").write_text("no library")
    with pytest.raises(ToolkitError, match="cannot load"):
        ladspa.find("text.so", "text", "none")

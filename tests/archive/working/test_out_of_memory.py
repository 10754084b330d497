import json

import numpy as np
import pytest
import soundfile
import torch

from toolkit.archive.job import Order, Workshop
from toolkit.archive.working import worker
from toolkit.pipeline import parse
from toolkit.restore import Recipe

CHAIN = """
name = "quiet"
summary = "Noise alone."
input = "audio"
output = "audio"

[[step]]
stage = "denoise"
model = "fast"
"""


@pytest.fixture
def refused():
    """Let every network run out of memory on a device other than the processor; yield lengths."""
    lengths = []

    def refuse(module, given):
        if given[0].device.type != "cpu":
            lengths.append(given[0].shape[2])
            raise torch.OutOfMemoryError("no more")

    hook = torch.nn.modules.module.register_module_forward_pre_hook(refuse)
    yield lengths
    hook.remove()


def test_a_recording_that_no_device_has_room_for_goes_to_the_processor_and_says_so(
    tmp_path, refused
):
    rng = np.random.default_rng(0)
    time = np.arange(10 * 22050) / 22050
    sound = 0.2 * np.sin(2 * np.pi * 440 * time) + 0.02 * rng.standard_normal(len(time))
    (tmp_path / "in").mkdir()
    soundfile.write(tmp_path / "in" / "a.wav", sound, 22050, subtype="PCM_16")
    reports = {}
    for device in ("meta", "cpu"):
        out = tmp_path / device
        out.mkdir()
        worker.outfit(
            Workshop(
                str(tmp_path / "in"),
                str(out),
                Recipe(parse(CHAIN, "test")),
                device=device,
                measures=False,
                pictures=False,
            )
        )
        reports[device] = worker.work(Order(1, "a.wav", "a.restored.wav", 0))
        # The record is whole: another worker takes the result over.
        assert worker.work(Order(1, "a.wav", "a.restored.wav", 0)).adopted
    moved, calm = reports["meta"], reports["cpu"]
    assert (moved.result, moved.message) == ("done", "")
    assert moved.files[0].sha256 == calm.files[0].sha256
    assert moved.warnings == ("done on the processor: no room in the memory of meta",)
    assert calm.warnings == ()
    record = json.loads((tmp_path / "meta" / "a.restored.wav.json").read_text(encoding="utf-8"))
    assert record["warnings"] == list(moved.warnings)
    assert (record["settings"]["device"], record["settings"]["device_asked"]) == ("cpu", "meta")
    # Shorter blocks were tried before.
    assert len(refused) > 1
    assert refused[-1] < 0.75 * refused[0]

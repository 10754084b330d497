import hashlib
import json
import pickle
from dataclasses import asdict

import pytest
import torch
from safetensors.torch import save_file

from toolkit.checkpoints import Store, read_manifest, read_verified, read_weights
from toolkit.errors import ResourceError, ToolkitError, UsageError
from toolkit.models.tfc_tdf import Config, Model

TINY = Config(n_fft=64, growth=4, levels=2)


def write_checkpoint(root, name="denoise-tiny-8k-v1", **changes):
    folder = root / name
    folder.mkdir()
    torch.manual_seed(0)
    model = Model(TINY)
    weights = folder / "weights.safetensors"
    save_file({key: value.half() for key, value in model.state_dict().items()}, weights)
    data = weights.read_bytes()
    facts = {
        "name": name,
        "task": "denoise",
        "class": "subtractive",
        "arch": "tfc_tdf",
        "sample_rate": 8000,
        "file": weights.name,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        **changes,
    }
    lines = [f"{key} = {value!r}" for key, value in facts.items()]
    lines += ["[config]", *(f"{key} = {json.dumps(value)}" for key, value in asdict(TINY).items())]
    (folder / "manifest.toml").write_text("\n".join(lines))
    return folder, model


def test_loads_what_was_saved(tmp_path):
    folder, model = write_checkpoint(tmp_path)
    store = Store(tmp_path)
    assert store.names() == (folder.name,)
    loaded = store.load(folder.name)
    features = torch.randn(2, 3, 11, 32)
    assert not loaded.training
    with torch.no_grad():
        expected = model.half().float().eval()(features)
        assert torch.allclose(loaded(features), expected, atol=1e-5)
    assert store.load(folder.name) is loaded


def test_unknown_name_gets_the_nearest(tmp_path):
    write_checkpoint(tmp_path)
    with pytest.raises(UsageError, match="no checkpoint") as raised:
        Store(tmp_path).load("denoise-tiny-8k-v2")
    assert "denoise-tiny-8k-v1" in raised.value.hint


def tamper(data):
    return data[:-1] + bytes([data[-1] ^ 1])


def oversized_header(data):
    return (2**62).to_bytes(8, "little") + data[8:]


class Payload:
    def __reduce__(self):
        return (open, ("/tmp/tonearm-was-here", "w"))


@pytest.mark.parametrize(
    "change",
    [tamper, lambda data: data[:-10], oversized_header, lambda data: pickle.dumps(Payload())],
)
def test_changed_weights_are_refused_before_they_are_read(tmp_path, change):
    folder, _ = write_checkpoint(tmp_path)
    weights = folder / "weights.safetensors"
    weights.write_bytes(change(weights.read_bytes()))
    with pytest.raises(ToolkitError, match="manifest") as raised:
        Store(tmp_path).load(folder.name)
    assert raised.value.hint


@pytest.mark.parametrize("change", [lambda data: pickle.dumps(Payload()), oversized_header])
def test_a_hostile_file_with_the_right_hash_is_no_safetensors(tmp_path, change):
    folder, _ = write_checkpoint(tmp_path)
    weights = folder / "weights.safetensors"
    data = change(weights.read_bytes())
    weights.write_bytes(data)
    manifest = (folder / "manifest.toml").read_text().splitlines()
    fresh = {"bytes": len(data), "sha256": repr(hashlib.sha256(data).hexdigest())}
    (folder / "manifest.toml").write_text(
        "\n".join(
            f"{line.split(' = ')[0]} = {fresh[line.split(' = ')[0]]}"
            if line.split(" = ")[0] in fresh
            else line
            for line in manifest
        )
    )
    with pytest.raises(ToolkitError, match="not safetensors"):
        Store(tmp_path).load(folder.name)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"file": "../weights.safetensors"}, "plain names"),
        ({"arch": "os.path"}, "plain names"),
        ({"class": "magic"}, "class"),
    ],
)
def test_manifest_is_checked(tmp_path, change, message):
    folder, _ = write_checkpoint(tmp_path, **change)
    with pytest.raises(ToolkitError, match=message):
        read_manifest(folder)


def test_missing_field_is_named(tmp_path):
    folder, _ = write_checkpoint(tmp_path)
    path = folder / "manifest.toml"
    path.write_text(
        "\n".join(line for line in path.read_text().splitlines() if "sha256" not in line)
    )
    with pytest.raises(ToolkitError, match="sha256"):
        read_manifest(folder)


def test_missing_weights_say_where_they_go(tmp_path):
    folder, _ = write_checkpoint(tmp_path)
    (folder / "weights.safetensors").unlink()
    with pytest.raises(ResourceError) as raised:
        read_weights(read_manifest(folder))
    assert str(folder) in raised.value.hint


def test_weights_of_another_shape_are_refused(tmp_path):
    folder, _ = write_checkpoint(tmp_path)
    path = folder / "manifest.toml"
    path.write_text(path.read_text().replace("growth = 4", "growth = 6"))
    with pytest.raises(ToolkitError, match="does not fit"):
        Store(tmp_path).load(folder.name)


def test_a_file_is_read_only_if_size_and_hash_are_right(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    sha256 = hashlib.sha256(b"abc").hexdigest()
    assert read_verified(path, 3, sha256) == b"abc"
    for num_bytes, digest in [(4, sha256), (3, "0" * 64)]:
        with pytest.raises(ToolkitError, match="manifest"):
            read_verified(path, num_bytes, digest)

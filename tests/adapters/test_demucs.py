"""Real networks of the demucs package, small and untrained, in its own file formats, offline."""

import hashlib
import pickle
from fractions import Fraction

import numpy as np
import pytest
import torch
from demucs.api import Separator
from demucs.apply import apply_model
from demucs.demucs import Demucs
from demucs.hdemucs import HDemucs
from demucs.hf import load_safetensors_model
from demucs.htdemucs import HTDemucs
from demucs.states import save_with_checksum
from safetensors.torch import save

from toolkit.adapters.demucs import separate
from toolkit.adapters.demucs_files import Files, load_bag, parse, read_files, to_safetensors
from toolkit.dsp.consistency import consistent
from toolkit.errors import InputError, ResourceError, ToolkitError, UsageError
from toolkit.run import Run
from toolkit.values import Audio

STEMS = ["drums", "bass", "other", "vocals"]
RATE = 8000
SEGMENT = RATE // 2


def network(seed=0, stems=STEMS, **changes):
    torch.manual_seed(seed)
    sizes = {"channels": 8, "t_layers": 1, "t_heads": 2, "bottom_channels": 32, "nfft": 512}
    facts = {"depth": 3, "samplerate": RATE, "segment": Fraction(1, 2)}
    return HTDemucs(stems, **{**sizes, **facts, **changes}).eval()


def package(model):
    return {
        "klass": type(model),
        "args": model._init_args_kwargs[0],
        "kwargs": model._init_args_kwargs[1],
        "state": {key: value.half() for key, value in model.state_dict().items()},
        "training_args": {},
    }


def bag_of(*models, **facts):
    contents = {f"n{i}.safetensors": to_safetensors(package(m)) for i, m in enumerate(models)}
    return load_bag(Files(contents, **facts))


@pytest.fixture(scope="module")
def bag():
    return bag_of(network())


def noise(channels, total, seed=0):
    return (0.1 * np.random.default_rng(seed).standard_normal((channels, total))).astype("f4")


def stacked(stems):
    return np.stack([audio.samples for audio in stems.values()])


def estimated_by_demucs(model, samples, **options):
    """Separate as `demucs.api.Separator` does, the mean shared among the stems."""
    mix = torch.from_numpy(samples)
    middle = mix.mean(0)
    mean, deviation = middle.mean(), middle.std() + 1e-8
    found = apply_model(model, ((mix - mean) / deviation)[None], shifts=0, **options)[0]
    return (found * deviation + mean / len(found)).numpy()


def by_demucs(model, samples, **options):
    return consistent(estimated_by_demucs(model, samples, **options), samples)


def difference_db(ours, theirs):
    return 20 * np.log10(np.abs(ours - theirs).max() / np.abs(theirs).max() + 1e-12)


def make_th(folder, name, model):
    save_with_checksum(package(model), folder / f"{name}.th")
    return next(folder.glob(f"{name}-*.th"))


def test_one_segment_is_what_demucs_makes_of_it(bag):
    samples = noise(2, SEGMENT)
    ours = stacked(separate(bag, Audio(samples, RATE), Run()))
    assert difference_db(ours, by_demucs(bag.networks[0], samples, split=False)) < -110


@pytest.mark.parametrize("overlap", [0.1, 0.25])
def test_many_segments_are_what_demucs_makes_of_them(bag, overlap):
    stride = int((1 - overlap) * SEGMENT)
    # Where an overlap or less is left at the end, demucs takes one more, all but empty segment.
    samples = noise(2, 3 * stride + SEGMENT - 1400)
    ours = stacked(separate(bag, Audio(samples, RATE), Run(), overlap=overlap))
    assert difference_db(ours, by_demucs(bag.networks[0], samples, overlap=overlap)) < -60


@pytest.mark.parametrize(
    "model",
    [
        HDemucs(STEMS, channels=8, samplerate=RATE, segment=2, nfft=1024, depth=4),
        Demucs(STEMS, channels=8, samplerate=RATE, segment=2, depth=3, lstm_layers=0),
    ],
    ids=["HDemucs", "Demucs"],
)
def test_other_architectures(model):
    bag = bag_of(model.eval())
    samples = noise(2, 12000 + 9600)
    ours = stacked(separate(bag, Audio(samples, RATE), Run()))
    assert difference_db(ours, by_demucs(bag.networks[0], samples)) < -60


def test_a_bag_in_its_folder_is_what_the_separator_of_demucs_makes(tmp_path):
    models = [network(seed) for seed in (1, 2)]
    files = [make_th(tmp_path, f"tiny{place}", model) for place, model in enumerate(models)]
    weights = [[1, 0, 0.5, 1], [0, 1, 0.5, 3]]
    (tmp_path / "pair.yaml").write_text(f"models: [tiny0, tiny1]\nweights: {weights}\n")
    samples = noise(2, SEGMENT)
    samples -= samples.mean()
    bag = load_bag(read_files(tmp_path / "pair.yaml"))
    assert bag.stems == tuple(STEMS)
    assert bag.sha256 == tuple(hashlib.sha256(each.read_bytes()).hexdigest() for each in files)
    ours = stacked(separate(bag, Audio(samples, RATE), Run()))
    separator = Separator("pair", repo=tmp_path, shifts=0, split=False, device="cpu")
    _, found = separator.separate_tensor(torch.from_numpy(samples))
    theirs = consistent(np.stack([found[name].numpy() for name in STEMS]), samples)
    assert difference_db(ours, theirs) < -100


def test_segment_of_a_bag(tmp_path):
    make_th(tmp_path, "tiny", network())
    (tmp_path / "short.yaml").write_text("models: [tiny]\nsegment: 0.25\n")
    bag = load_bag(read_files(tmp_path / "short.yaml"))
    assert bag.networks[0].segment == 0.25


def test_safetensors_is_the_form_that_demucs_reads(tmp_path):
    model = network(3)
    path = tmp_path / "x.safetensors"
    path.write_bytes(to_safetensors(package(model)))
    theirs, ours = load_safetensors_model(path), load_bag(read_files(path)).networks[0]
    assert ours.segment == theirs.segment == Fraction(1, 2)
    for key, value in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[key], value)


def test_stems_sum_to_the_mixture_and_what_was_missing_is_told(bag):
    samples = noise(2, 3 * RATE)
    run = Run()
    stems = separate(bag, Audio(samples, RATE), run)
    assert np.abs(stems.mixture().samples - samples).max() < 1e-3 * np.abs(samples).max()
    assert -200 < run.findings["residual_db"] < 10


def test_shifts_hang_on_the_seed_and_still_sum(bag):
    audio = Audio(noise(2, RATE), RATE)
    first, again = (separate(bag, audio, Run(seed=1), shifts=2) for _ in range(2))
    other = separate(bag, audio, Run(seed=2), shifts=2)
    assert np.array_equal(stacked(first), stacked(again))
    assert not np.allclose(stacked(first), stacked(other), atol=1e-4)
    assert np.abs(first.mixture().samples - audio.samples).max() < 1e-5


def test_one_shift_is_a_moved_recording(bag):
    samples = noise(2, RATE)
    run = Run(seed=4)
    offset = int(run.rng("shifts").integers(0, RATE // 2 + 1, 1)[0])
    before = RATE // 2 - offset
    moved = np.pad(samples, ((0, 0), (before, 0)))
    mix = torch.from_numpy(moved)
    middle = torch.from_numpy(samples).mean(0)
    mean, deviation = middle.mean(), middle.std() + 1e-8
    given = (mix - mean) / deviation
    given[:, :before] = 0
    found = apply_model(bag.networks[0], given[None], shifts=0)[0][..., before:]
    theirs = consistent((found * deviation + mean / 4).numpy(), samples)
    ours = stacked(separate(bag, Audio(samples, RATE), run, shifts=1))
    # demucs takes one more, all but empty segment where only an overlap is left.
    assert difference_db(ours[..., : RATE // 2], theirs[..., : RATE // 2]) < -60


def test_mono_is_a_pair_of_equal_sides(bag):
    samples = noise(1, SEGMENT)
    ours = stacked(separate(bag, Audio(samples, RATE), Run()))
    both = estimated_by_demucs(bag.networks[0], np.repeat(samples, 2, axis=0), split=False)
    assert ours.shape == (4, 1, SEGMENT)
    assert difference_db(ours, consistent(both.mean(axis=1, keepdims=True), samples)) < -90


def test_channels_go_in_pairs(bag):
    samples = noise(3, SEGMENT)
    ours = stacked(separate(bag, Audio(samples, RATE), Run()))
    pair = stacked(separate(bag, Audio(samples[:2].copy(), RATE), Run()))
    single = stacked(separate(bag, Audio(samples[2:].copy(), RATE), Run()))
    assert np.allclose(ours, np.concatenate([pair, single], axis=1), atol=1e-6)


@pytest.mark.parametrize("rate", [4000, 11025, 44100])
def test_another_rate(bag, rate):
    samples = noise(2, rate)
    run = Run()
    stems = separate(bag, Audio(samples, rate), run)
    assert stems["drums"].samples.shape == samples.shape
    assert np.abs(stems.mixture().samples - samples).max() < 1e-5
    assert run.findings["rest_goes_to"] == "other"
    assert run.findings["separated_below_khz"] == min(rate, RATE) / 2000


def test_what_lies_above_the_networks_goes_to_other(bag):
    time = np.arange(44100) / 44100
    high = (0.2 * np.sin(2 * np.pi * 9000 * time))[None].astype("f4")
    samples = high + 0.1 * np.sin(2 * np.pi * 500 * time)[None].astype("f4")
    stems = separate(bag, Audio(samples, 44100), Run())
    window = np.hanning(44100)
    at = {
        name: np.abs(np.fft.rfft(audio.samples[0] * window))[9000] for name, audio in stems.items()
    }
    assert at.pop("other") > 1000 * max(at.values())


@pytest.mark.parametrize("rate", [RATE, 44100])
@pytest.mark.parametrize("total", [0, 1, 2, 3, 100])
def test_short_recordings(bag, total, rate):
    samples = noise(1, total)
    stems = separate(bag, Audio(samples, rate), Run())
    assert tuple(stems) == tuple(STEMS)
    assert stems["bass"].samples.shape == samples.shape
    assert np.allclose(stems.mixture().samples, samples, atol=1e-6)


def test_silence_is_silent(bag):
    stems = separate(bag, Audio(np.zeros((2, 20000), np.float32), 44100), Run())
    assert not stacked(stems).any()


def test_progress_ends_at_the_total(bag):
    seen = []
    run = Run(progress=lambda step, done, total: seen.append(done / total))
    separate(bag, Audio(noise(1, 2 * RATE), RATE), run, shifts=2)
    assert seen == sorted(seen)
    assert seen[-1] == 1


def test_threads_are_given_back(bag):
    before = torch.get_num_threads()
    separate(bag, Audio(noise(1, 100), RATE), Run())
    assert torch.get_num_threads() == before


def test_a_network_that_overflows_fails_the_job():
    model = network()
    with torch.no_grad():
        for each in model.parameters():
            each.fill_(1e4)
    with pytest.raises(ToolkitError, match="NaN"):
        separate(bag_of(model), Audio(noise(2, 4000), RATE), Run())


def test_a_device_that_is_not_there(bag):
    with pytest.raises(ResourceError, match="cuda:99"):
        separate(bag, Audio(noise(2, 4000), RATE), Run(device="cuda:99"))


class Payload:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize("wrap", [lambda p: p, lambda p: {**package(network()), "metrics": p}])
def test_a_pickle_that_runs_code_is_refused_unless_trusted(tmp_path, wrap):
    trace = tmp_path / "ran"
    path = tmp_path / "evil.th"
    torch.save(wrap(Payload(trace)), path)
    with pytest.raises(InputError, match="could run code") as raised:
        load_bag(read_files(path))
    assert "--trust-pickle" in raised.value.hint
    assert not trace.exists()


def test_trust_loads_what_the_restricted_reader_refuses(tmp_path):
    path = tmp_path / "odd.th"
    torch.save({**package(network()), "metrics": pickle.PickleError()}, path)
    with pytest.raises(InputError, match="PickleError"):
        load_bag(read_files(path))
    assert load_bag(read_files(path), trust=True).stems == tuple(STEMS)


def other_class(data, name=b"torch.nn.modules.linear.Linear"):
    model = network()
    return save(
        model.state_dict(),
        {"klass": name.decode(), "args": "[]", "kwargs": "{}"},
    )


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("x.safetensors", lambda data: other_class(data), "not a model of demucs"),
        ("x.safetensors", lambda data: data[:-10], "no safetensors"),
        ("x.safetensors", lambda data: data[:5], "no safetensors"),
        ("x.safetensors", lambda data: (2**40).to_bytes(8, "little") + data[8:], "no safetensors"),
        ("x.safetensors", lambda data: b"", "no safetensors"),
        (
            "x.safetensors",
            lambda data: data.replace(b'channels\\": 32', b'channels\\": 64'),
            "fit",
        ),
        ("x-00000000.safetensors", lambda data: data, "promises 00000000"),
        ("x.th", lambda data: data, "broken"),
        ("x.th", lambda data: b"", "broken"),
        ("x.th", lambda data: b"PK\x03\x04" + data, "broken"),
    ],
)
def test_broken_files_are_refused(tmp_path, name, change, message):
    path = tmp_path / name
    path.write_bytes(change(to_safetensors(package(network()))))
    with pytest.raises(ToolkitError, match=message) as raised:
        load_bag(read_files(path))
    assert raised.value.hint
    assert "\n" not in raised.value.message


@pytest.mark.parametrize("value", [{"state": {}}, [1, 2], {"klass": 1}])
def test_a_pickle_that_is_no_model(tmp_path, value):
    torch.save(value, tmp_path / "x.th")
    with pytest.raises(InputError, match="no model"):
        load_bag(read_files(tmp_path / "x.th"))


def test_a_pickle_of_another_class(tmp_path):
    torch.save({**package(network()), "klass": Fraction}, tmp_path / "x.th")
    with pytest.raises(InputError, match="Fraction"):
        load_bag(read_files(tmp_path / "x.th"))


def test_a_quantized_pickle(tmp_path):
    torch.save({**package(network()), "state": {"__quantized": True}}, tmp_path / "x.th")
    with pytest.raises(InputError, match="quantized"):
        load_bag(read_files(tmp_path / "x.th"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("models: [absent]", "absent is not here"),
        ("models: []", "no network"),
        ("weights: 3", "no bag"),
        ("models: [tiny]\nweights: [[1, 2]]", "one weight"),
        ("models: [tiny]\nweights: [[1, 1, 1, 0]]", "more than 0"),
        ("models: [tiny, six]", "differ"),
        ("- 1", "no bag"),
        ("a: [", "no bag"),
    ],
)
def test_wrong_bags_are_refused(tmp_path, text, message):
    make_th(tmp_path, "tiny", network())
    make_th(tmp_path, "six", network(stems=[*STEMS, "piano"]))
    (tmp_path / "bag.yaml").write_text(text)
    with pytest.raises(InputError, match=message) as raised:
        load_bag(read_files(tmp_path / "bag.yaml"))
    assert raised.value.hint


@pytest.mark.parametrize("stems", [["../x", "y"], ["a", "A"], [""]])
def test_stems_need_names_that_files_can_have(stems):
    with pytest.raises(InputError, match="cannot name stems"):
        bag_of(network(stems=stems))


@pytest.mark.parametrize("name", ["absent.yaml", "model.pt"])
def test_no_such_file(tmp_path, name):
    with pytest.raises(UsageError):
        read_files(tmp_path / name)


def test_parse_keeps_half_precision(tmp_path):
    path = make_th(tmp_path, "tiny", network())
    state = parse(path.name, path.read_bytes())["state"]
    assert {value.dtype for value in state.values()} == {torch.float16}

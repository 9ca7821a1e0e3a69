"""Trees of values and arrays survive the way through a file, to the bit."""

import numpy as np
import pytest
import torch

from sknn_bio.training.packing import pack, unpack


def test_a_tree_comes_back():
    shared = torch.arange(6.0)
    tree = {
        "weights": {"a": shared.view(2, 3), "b": shared[:2]},  # of one memory
        "half": torch.tensor([1.5, -2], dtype=torch.bfloat16),
        "number": torch.tensor(7),
        "columns": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "empty": np.zeros((0, 3), np.float32),
        "flags": np.array([True, False]),
        "list": [1, 2.5, "text", None, True, [np.float64(0.1), float("nan")]],
        "tuple": (np.int64(3), float("inf")),
    }
    found = unpack(pack(tree))
    assert found.keys() == tree.keys()
    for name in ("half", "number"):
        assert found[name].dtype == tree[name].dtype
        assert torch.equal(found[name], tree[name])
    assert torch.equal(found["weights"]["b"], shared[:2])
    for name in ("columns", "empty", "flags"):
        assert isinstance(found[name], np.ndarray)
        assert found[name].dtype == tree[name].dtype
        np.testing.assert_array_equal(found[name], tree[name])
    assert found["list"][:5] == [1, 2.5, "text", None, True]
    assert found["list"][5][0] == 0.1 and np.isnan(found["list"][5][1])
    assert found["tuple"] == [3, float("inf")]


def test_every_number_comes_back_to_the_bit():
    values = np.random.default_rng(0).normal(size=200).tolist()
    assert unpack(pack(values)) == values


@pytest.mark.parametrize("place", range(0, 700, 23))
def test_a_changed_byte_is_noticed(place):
    content = bytearray(pack({"w": np.arange(40.0), "text": "words"}))
    content[place % len(content)] ^= 4
    with pytest.raises(ValueError, match="checksum|no whole safetensors file"):
        unpack(bytes(content))


@pytest.mark.parametrize("length", [0, 5, 100, 300])
def test_a_cut_file_is_noticed(length):
    content = pack({"w": np.arange(40.0)})
    with pytest.raises(ValueError, match="no whole safetensors file"):
        unpack(content[:length])


def test_no_pickle_is_read(tmp_path):
    torch.save({"w": torch.ones(2)}, tmp_path / "model.pt")
    with pytest.raises(ValueError, match="no whole safetensors file"):
        unpack((tmp_path / "model.pt").read_bytes())

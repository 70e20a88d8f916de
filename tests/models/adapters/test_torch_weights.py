"""Files of weights: what is read, and what is refused."""

import os
import pickle
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason='needs torch: pip install "segweave[torch]"')

from safetensors.torch import save_file  # noqa: E402

from segweave.errors import ModelError  # noqa: E402
from segweave.models.adapters.torch_weights import fill_network, misfits, read_weights  # noqa: E402


class Evil:
    """Pickled, it makes a folder when it is loaded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> object:
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".bin", ".ckpt"])
@pytest.mark.parametrize("plain", [True, False])
def test_a_pickle_that_could_run_code_is_refused_and_does_not_run(suffix: str, plain: bool, tmp_path: Path) -> None:
    path, trap = tmp_path / f"weights{suffix}", tmp_path / "trap"
    payload = {"weight": torch.zeros(1), "evil": Evil(trap)}
    path.write_bytes(pickle.dumps(payload)) if plain else torch.save(payload, path)
    with pytest.raises(ModelError, match="may run anything when it is loaded, and is not read"):
        read_weights(path)
    assert not trap.exists()


def test_a_file_that_is_broken_or_no_file_of_weights_is_told(tmp_path: Path) -> None:
    for name, content, says in (
        ("a.safetensors", b"no", "cannot be read as safetensors"),
        ("b.pth", b"", "cannot be read as a torch file"),
        ("c.onnx", b"", "weights come as .safetensors or as a torch file"),
        ("d.pkl", b"", "weights come as .safetensors or as a torch file"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ModelError, match=says):
            read_weights(tmp_path / name)
    with pytest.raises(ModelError, match="there is no such file"):
        read_weights(tmp_path / "e.pth")
    torch.save({"epoch": 3, "model": {"a": torch.zeros(1)}}, tmp_path / "f.pth")
    with pytest.raises(ModelError, match=r"state_dict\(\) gives them; found 'epoch', 'model'"):
        read_weights(tmp_path / "f.pth")
    torch.save([torch.zeros(1)], tmp_path / "g.pth")
    with pytest.raises(ModelError, match="found 'a list'"):
        read_weights(tmp_path / "g.pth")


def test_what_is_computed_may_be_missing_and_harmless_weights_may_be_left_over(tmp_path: Path) -> None:
    source, target = torch.nn.BatchNorm2d(3), torch.nn.BatchNorm2d(3)
    source.running_mean += 5
    state = {k: v for k, v in source.state_dict().items() if k != "num_batches_tracked"}
    save_file({**state, "aux.weight": torch.zeros(1)}, tmp_path / "w.safetensors")
    fill_network(target, read_weights(tmp_path / "w.safetensors"), name="w", harmless=[r"^aux\."])
    assert target.running_mean.tolist() == [5, 5, 5]
    with pytest.raises(ModelError, match=r"w: these weights are not of this network: 1 without a place: aux\.weight"):
        fill_network(target, read_weights(tmp_path / "w.safetensors"), name="w")


def test_many_misfits_are_counted_and_a_few_named() -> None:
    told = misfits({f"k{n}": (1,) for n in range(9)}, {})
    assert told == "9 without a place: k0, k1, k2, k3, k4, k5 …"

"""What stands in for torch's own while a network is traced computes the same."""

from typing import Any

import pytest

torch = pytest.importorskip("torch", reason='needs torch: pip install "segweave[torch]"')

from torch.nn import functional  # noqa: E402

from segweave.models.adapters.tracing import traceable  # noqa: E402


def maps(height: int, width: int, channels: int = 4) -> Any:
    """Random maps, the same every time."""
    return torch.randn(2, channels, height, width, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("size", [1, 2, 3, 6, (2, 5), (None, 3), (1, None)])
@pytest.mark.parametrize("side", [(6, 6), (7, 11), (1, 4), (12, 5)])
def test_pooling_to_a_grid_takes_parts_of_any_size(size: Any, side: tuple[int, int]) -> None:
    values = maps(*side)
    expected = functional.adaptive_avg_pool2d(values, size)
    with traceable():
        found = functional.adaptive_avg_pool2d(values, size)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("side", [(4, 6), (5, 7), (2, 3)])
def test_patches_beside_each_other_are_cut_and_put_back(side: tuple[int, int]) -> None:
    values, how = maps(*side), {"kernel_size": (2, 2), "stride": (2, 2)}
    cut = functional.unfold(values, **how)
    back = functional.fold(cut, output_size=side, **how)
    with traceable():
        assert torch.equal(functional.unfold(values, **how), cut)
        assert torch.equal(functional.fold(cut, output_size=side, **how), back)


def test_patches_that_overlap_are_left_to_torch() -> None:
    values, how = maps(6, 6), {"kernel_size": (3, 3), "padding": 1}
    cut = functional.unfold(values, **how)
    with traceable():
        assert torch.equal(functional.unfold(values, **how), cut)


@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(3, 2, 1), (3, 1, 1), (3, 1, 2), (1, 1, 1), (3, 2, 2)])
@pytest.mark.parametrize("side", [(6, 7), (9, 4), (5, 5)])
def test_padding_like_tensorflow_s(kernel: int, stride: int, dilation: int, side: tuple[int, int]) -> None:
    module = pytest.importorskip("transformers.models.mobilenet_v2.modeling_mobilenet_v2")
    layer, values = torch.nn.Conv2d(4, 4, kernel, stride, dilation=dilation), maps(*side)
    expected = module.apply_tf_padding(values, layer)
    with traceable():
        assert torch.equal(module.apply_tf_padding(values, layer), expected)


def test_lists_of_sizes_stay_tensors() -> None:
    height = torch.tensor(3)
    with traceable():
        made = torch.tensor([[height, 2], [height + 1, 5]], dtype=torch.float32)
        assert made.tolist() == [[3, 2], [4, 5]] and made.dtype == torch.float32
        assert torch.as_tensor([1, 2]).tolist() == [1, 2]


def test_a_trace_follows_every_size() -> None:
    class Network(torch.nn.Module):
        def forward(self, values: Any) -> Any:
            pooled = functional.adaptive_avg_pool2d(values, 3)
            sizes = torch.tensor([values.shape[2], values.shape[3]], dtype=torch.float32)
            return pooled.sum() + sizes.sum()

    network = Network()
    with traceable():
        traced = torch.jit.trace(network, maps(6, 9))
    for side in ((6, 9), (7, 5), (11, 4)):
        torch.testing.assert_close(traced(maps(*side)), network(maps(*side)))


def test_torch_is_as_it_was_afterwards_also_after_an_error() -> None:
    before = (torch.tensor, torch.as_tensor, functional.adaptive_avg_pool2d, functional.unfold, functional.fold)
    with pytest.raises(KeyError), traceable():
        assert torch.tensor is not before[0]
        raise KeyError
    assert before == (
        torch.tensor,
        torch.as_tensor,
        functional.adaptive_avg_pool2d,
        functional.unfold,
        functional.fold,
    )
    with traceable(compiles=True):
        assert torch.tensor is before[0]

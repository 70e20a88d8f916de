"""DiNAT has the weights, by name and shape, and the answers of the library transformers' one."""

import pytest

torch = pytest.importorskip("torch", reason='needs torch: pip install "segweave[torch]"')
modeling = pytest.importorskip("transformers.models.dinat.modeling_dinat", reason="needs transformers")

from segweave.models.architectures.dinat import DinatBackbone, DinatShape  # noqa: E402
from segweave.models.architectures.neighborhood import neighborhood_attention  # noqa: E402

STAGES = ("stage1", "stage2", "stage3", "stage4")
SHAPE = DinatShape(
    embed_dim=8,
    depths=(2, 1, 1, 1),
    num_heads=(1, 2, 4, 4),
    dilations=((1, 3), (2,), (1,), (1,)),
    out_features=STAGES,
    kernel_size=3,
    mlp_ratio=2.0,
    layer_scale=True,
)


def attend(self, hidden_states, output_attentions=False):  # type: ignore[no-untyped-def]
    """What natten computes, in the layout of its documentation: heads before rows (5.24 hands it rows first)."""
    shape = (*hidden_states.shape[:-1], self.num_attention_heads, self.attention_head_size)
    query, key, value = (
        f(hidden_states).view(shape).permute(0, 3, 1, 2, 4) for f in (self.query, self.key, self.value)
    )
    query = query / self.attention_head_size**0.5
    found = neighborhood_attention(query, key, value, bias=self.rpb, kernel=self.kernel_size, dilation=self.dilation)
    return (found.permute(0, 2, 3, 1, 4).flatten(3),)


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """The library's backbone with random weights, its compiled package replaced."""
    monkeypatch.setattr(modeling, "requires_backends", lambda *_: None)
    monkeypatch.setattr(modeling.NeighborhoodAttention, "forward", attend)
    config = modeling.DinatConfig(
        embed_dim=SHAPE.embed_dim,
        depths=SHAPE.depths,
        num_heads=SHAPE.num_heads,
        dilations=[list(d) for d in SHAPE.dilations],
        kernel_size=SHAPE.kernel_size,
        mlp_ratio=SHAPE.mlp_ratio,
        layer_scale_init_value=0.5,
        out_features=list(STAGES),
    )
    torch.manual_seed(0)
    network = modeling.DinatBackbone(config).eval()
    for name, weight in network.named_parameters():
        if "rpb" in name or "layer_scale" in name or "norm" in name:
            torch.nn.init.normal_(weight, 0.5)  # nothing may hide behind zeros and ones
    return network


def test_weights_of_the_library_fit_by_name_and_shape(theirs) -> None:  # type: ignore[no-untyped-def]
    ours = DinatBackbone(SHAPE)
    assert {k: v.shape for k, v in ours.state_dict().items()} == {k: v.shape for k, v in theirs.state_dict().items()}
    assert ours.channels == theirs.channels


@pytest.mark.parametrize("size", [(128, 96), (40, 72)])  # the second one's last maps are smaller than the kernel
def test_the_maps_are_those_of_the_library(theirs, size: tuple[int, int]) -> None:  # type: ignore[no-untyped-def]
    ours = DinatBackbone(SHAPE).eval()
    ours.load_state_dict(theirs.state_dict())
    image = torch.randn(2, 3, *size)
    with torch.inference_mode():
        found, expected = ours(image).feature_maps, theirs(image).feature_maps
    assert [maps.shape[2:] for maps in found] == [(-(-size[0] // s), -(-size[1] // s)) for s in (4, 8, 16, 32)]
    for ours_here, theirs_here in zip(found, expected, strict=True):
        torch.testing.assert_close(ours_here, theirs_here, rtol=1e-4, atol=1e-4)

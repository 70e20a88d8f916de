"""The models that segweave knows by name: a table to read, `ZOO`."""

from dataclasses import dataclass, replace

from segweave.models.protocol import TASKS, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """What a person should know before using a model.

    file: in `models/assets/`. sha256: of that file, checked whenever it is loaded. commercial: may the weights be
    used commercially? score: measured by `benchmarks/camvid.py`.
    """

    name: str
    summary: str
    labels: str
    tasks: tuple[Task, ...]
    file: str
    sha256: str
    weights_licence: str
    commercial: bool
    trained_on: str
    score: str
    paper: str


_STREET = ModelCard(
    name="street",
    summary="streets seen from a car, 11 labels; 2.6 M parameters, 5.4 MB, weights stored as fp16",
    labels="camvid11",
    tasks=TASKS,
    file="street.onnx",
    sha256="d246da15c3cbe53491a14ac09bdeb538bba2c2db327bcde034ee4fa8606456ef",
    weights_licence="CC BY-NC 4.0",
    commercial=False,
    trained_on="CamVid train + val (SegNet split, 468 images of 480 x 360 px)",
    score="mIoU 65.0 on CamVid test (233 images, 11 labels, void ignored)",
    paper="Cheng et al. 2020, Panoptic-DeepLab (arXiv 1911.10194); Tan & Le 2019, EfficientNet (1905.11946)",
)

ZOO: tuple[ModelCard, ...] = (
    _STREET,
    replace(
        _STREET,
        name="street-int8",
        summary="street in 8-bit integers: 3.2 MB, faster on processors with VNNI, objects a little worse",
        file="street-int8.onnx",
        sha256="c298098a4346b0a912102f012f098c1d98d27ad5a3096560135218dc15cdc6e0",
    ),
)

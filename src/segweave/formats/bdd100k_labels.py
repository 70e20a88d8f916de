"""The label sets of BDD100K, which does not ship them in a form of its own: categories count from 1.

Names and order: https://github.com/bdd100k/bdd100k, doc/source/format.rst (instance segmentation and tracking) and
bdd100k/configs/pan_seg.toml (panoptic). Colours are those of Cityscapes, where it has the label.
"""

from segweave.labels import Label, LabelSet, LabelTable, label_table

_OBJECTS = ("pedestrian", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle")
_STUFF = (
    *("dynamic", "ego vehicle", "ground", "static", "parking", "rail track", "road", "sidewalk", "bridge", "building"),
    *("fence", "garage", "guard rail", "tunnel", "wall", "banner", "billboard", "lane divider", "parking sign", "pole"),
    *("polegroup", "street light", "traffic cone", "traffic device", "traffic light", "traffic sign"),
    *("traffic sign frame", "terrain", "vegetation", "sky"),
)
_THINGS = ("person", "rider", "bicycle", "bus", "car", "caravan", "motorcycle", "trailer", "train", "truck")


def instance_table() -> LabelTable:
    """The 8 objects of instance segmentation and segmentation tracking, ids 1..8.

    >>> instance_table().labels.names[2], instance_table().source_ids[2]
    ('car', 3)
    """
    return _table("bdd100k", (), _OBJECTS)


def panoptic_table() -> LabelTable:
    """The 30 stuff and 10 thing labels of panoptic segmentation, ids 1..40.

    >>> table = panoptic_table()
    >>> table.labels[34].name, table.source_ids[34], len(table.labels.stuff)
    ('car', 35, 30)
    """
    return _table("bdd100k_panoptic", _STUFF, _THINGS)


def _table(name: str, stuff: tuple[str, ...], things: tuple[str, ...]) -> LabelTable:
    cityscapes = label_table("cityscapes")
    colors = {row.name: row.color for row in (*cityscapes.labels, *cityscapes.voids)}
    colors["pedestrian"] = colors["person"]
    labels = [
        Label(name=label, is_thing=is_thing, color=colors.get(label, (128, 128, 128)))
        for names, is_thing in ((stuff, False), (things, True))
        for label in names
    ]
    return LabelTable(LabelSet(name, tuple(labels)), tuple(range(1, len(labels) + 1)), ())

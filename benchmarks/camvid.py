"""Mean IoU of `segweave predict` on CamVid (SegNet split, 11 labels): `python benchmarks/camvid.py OUT LABELS`.

OUT: what `segweave predict <images> --out OUT` wrote. LABELS: a folder of PNGs of the same names, 8-bit index in the
order of the label set `camvid11`, 11 = void. Pixels that are void in the truth are not counted.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from segweave import label_set, overlap
from segweave.formats import open_coco_panoptic
from segweave.segmentation import from_label_indices, panoptic_to_semantic

if len(sys.argv) != 3:
    print("skipped: needs CamVid; python benchmarks/camvid.py OUT LABELS")
    sys.exit(0)
labels = label_set("camvid11")
confusion = np.zeros((len(labels) + 1, len(labels) + 1), np.int64)  # truth, prediction; 0 = void
predictions = open_coco_panoptic(Path(sys.argv[1]) / "panoptic.json")
for sample in predictions:
    indices = np.asarray(Image.open(Path(sys.argv[2]) / f"{Path(sample.image_name).stem}.png"))
    truth = from_label_indices(indices, labels, void=11)
    found = panoptic_to_semantic(sample.truth)
    rows, columns = ([0, *(s.label + 1 for s in seg.segments)] for seg in (truth, found))
    confusion[np.ix_(rows, columns)] += overlap(truth, found)
hit = np.diag(confusion)[1:]
iou = hit / (confusion[1:].sum(axis=1) + confusion[1:, 1:].sum(axis=0) - hit)
print(f"{len(predictions)} images, mIoU {100 * iou.mean():.2f}")
print("  ".join(f"{label.name} {100 * value:.1f}" for label, value in zip(labels, iou, strict=True)))

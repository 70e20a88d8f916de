"""What weaving costs beside the networks it weaves: `python benchmarks/weaving.py [PHOTO]`, processor time, one thread.

`street` is the primary; `street-int8` plays a secondary with other labels, four of which are added. The photograph is
brought to 480 x 360 and 2048 x 1024 px.
"""

import os

os.environ["NUMBA_NUM_THREADS"] = "1"

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from photo import street_photo
from PIL import Image
from timing import race, show

from segweave import load_model
from segweave.combine.extended import Mask, extended_segmentation
from segweave.combine.modes import MODES
from segweave.combine.parts import without_specks
from segweave.combine.plan import Plan, extend, resolve
from segweave.combine.plan_file import read_plan
from segweave.combine.refine import Scene, connected_parts, guided, snap, vote
from segweave.combine.rules import Evidence
from segweave.combine.scores import with_scores
from segweave.labels import LabelSet
from segweave.models.woven import evidence_of

ADDED = ("Building", "Road", "Fence", "Car")
PLAN = """
version: 1
mode: odds
primary: {labels: camvid11}
secondaries:
- labels: camvid11
  add: [other Building, other Road, other Fence, other Car]
  similar: {Sky: [other Sky], Tree: [other Tree], Building: [other Pole], Road: [other Pavement], Car: [other Pole]}
"""
primary, secondary = (load_model(name, threads=1).network for name in ("street", "street-int8"))


def plan() -> Plan:
    """Labels of the secondary are called otherwise, so that they can be added."""
    other = LabelSet("other", tuple(replace(label, name=f"other {label.name}") for label in secondary.labels))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.yaml"
        path.write_text(PLAN, encoding="utf-8")
        return resolve(read_plan(path), primary.labels, [other])


def contenders(photo: np.ndarray, odds: Plan) -> dict[str, Callable[[], object]]:
    """Networks, and what weaving does with their answers; the first two contenders are what all are held to."""
    first = primary.predict([photo], "panoptic")[0]
    labels, m, size = first.label_indices(), len(primary.labels), photo.shape[0] * photo.shape[1]
    probabilities, said = (evidence_of(secondary, photo, needs) for needs in ("probabilities", "labels"))
    table = odds.with_rules(MODES["override"])
    output = extend(odds, labels, [probabilities])
    scene = Scene(primary=labels, regions=connected_parts(first), photograph=photo)
    things = secondary.predict([photo], "panoptic")[0]
    lends = dict(zip(odds.secondaries[0].lent.add, odds.secondaries[0].outputs, strict=True))
    masks = [
        Mask(label=lends[segment.label], mask=things.ids == k, score=segment.score)
        for k, segment in enumerate(things.segments, start=1)
        if segment.label in lends and secondary.labels[segment.label].is_thing
    ]

    def whole(plan: Plan, evidence: Evidence) -> object:
        found = extend(plan, labels, [evidence])
        made = extended_segmentation(first, found, plan.labels, masks=masks, least=1e-4 * size)
        return with_scores(made, plan, [evidence])

    seg = extended_segmentation(first, output, odds.labels, masks=masks)
    print(f"\n{photo.shape[1]} x {photo.shape[0]} px: odds change {(output != labels).mean():.0%} of them")
    return {
        "primary, panoptic": lambda: primary.predict([photo], "panoptic"),
        "secondary, probabilities": lambda: secondary.probabilities([photo]),
        "extend, odds": lambda: extend(odds, labels, [probabilities]),
        "extend, a table": lambda: extend(table, labels, [said]),
        "specks": lambda: without_specks(output, labels, first_added=m, least=1e-4 * size),
        "extended_segmentation": lambda: extended_segmentation(first, output, odds.labels, masks=masks),
        "scores": lambda: with_scores(seg, odds, [probabilities]),
        "all of it, odds": lambda: whole(replace(odds, smallest_part=1e-4), probabilities),
        "all of it, a table": lambda: whole(replace(table, smallest_part=1e-4), said),
        "connected_parts": lambda: connected_parts(first),
        "snap": lambda: snap(output, scene),
        "vote": lambda: vote(output, scene),
        "guided": lambda: guided(output, scene),
    }


for width, height in ((480, 360), (2048, 1024)):
    photo = np.asarray(Image.fromarray(street_photo()).resize((width, height), Image.Resampling.BICUBIC))
    medians = race(contenders(photo, plan()), rounds=9, clock=time.process_time)
    networks = medians["primary, panoptic"] + medians["secondary, probabilities"]
    show(f"{width} x {height}", {"both networks": networks, **medians}, against="both networks")

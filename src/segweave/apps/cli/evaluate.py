"""`segweave evaluate`: how good a prediction is, and where it loses."""

from segweave.apps.cli import evaluate_options as option


def evaluate(
    truth: option.Truth,
    prediction: option.Guess,
    task: option.TaskName = "panoptic",
    format: option.TruthFormat = None,
    prediction_format: option.GuessFormat = None,
    labels: option.TruthLabels = None,
    prediction_labels: option.GuessLabels = None,
    map_file: option.MapFile = None,
    convention: option.ConventionName = "coco",
    errors: option.Errors = False,
    boundary: option.Boundary = False,
    cityscapes: option.Cityscapes = False,
    intervals: option.Intervals = False,
    slices: option.Slices = None,
    against: option.Against = None,
    report: option.Report = None,
    force: option.Force = False,
    counts: option.CountsFile = None,
    resume: option.Resume = False,
    shard: option.Shard = None,
    skip_missing: option.SkipMissing = False,
    workers: option.Workers = 0,
    photographs_in: option.Images = None,
    json: option.AsJson = False,
) -> None:
    """Score a prediction against the truth: PQ = SQ x RQ, mIoU or mask AP, and say where it loses.

    TRUTH and PREDICTION are data sets of any format (`segweave formats`). Their images pair by id, else by name; their
    labels by name, or by --map.

    `segweave evaluate merge A.npz B.npz` adds what --counts has kept; `segweave evaluate agreement A B` compares two
    annotators.

    Examples:

      segweave evaluate panoptic_val.json results/panoptic.json --errors

      segweave evaluate cityscapes/ results/ --task semantic --report page.html

      segweave evaluate instances_val.json detections.json --task instance --json

      segweave evaluate truth/ a/ --against b/ --intervals
    """
    from segweave.apps.cli.evaluate_request import Files, Keep, Opening, question
    from segweave.apps.cli.evaluate_run import run

    opening = Opening(
        truth=Files(truth, format, labels),
        prediction=Files(prediction, prediction_format, prediction_labels or labels),
        against=against,
        map_file=map_file,
        photographs=photographs_in,
    )
    wanted = question(task, convention, errors=errors, boundary=boundary, cityscapes=cityscapes, intervals=intervals)
    keep = Keep.checked(counts, report, shard, force=force, resume=resume, skip_missing=skip_missing, workers=workers)
    run(opening, wanted, keep, slices=slices, json=json)

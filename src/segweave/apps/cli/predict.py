"""`segweave predict`: images in, what is where out."""

from segweave.apps.cli import predict_options as option


def predict(
    source: option.Sources,
    task: option.TaskName = None,
    model: option.ModelName = "street",
    labels: option.ModelLabels = None,
    weights: option.ModelWeights = None,
    out: option.Out = None,
    resume: option.Resume = False,
    tile: option.Tile = None,
    overlap: option.Overlap = None,
    flip: option.Flip = False,
    scales: option.Scales = None,
    confidence: option.Confidence = False,
    batch: option.Batch = 1,
    json: option.AsJson = False,
    opacity: option.Opacity = 0.5,
    language: option.LanguageName = "en",
    colorblind: option.Colorblind = False,
    threads: option.Threads = 0,
) -> None:
    """Say what is where in images and videos.

    With --out, each image NAME gets NAME.overlay.png, the picture to look at.

    Results: NAME.png and one panoptic.json (COCO panoptic), segments.csv;

    for --task instance COCO results with RLE masks in instances.json.

    Examples:

      segweave predict street.jpg --out results

      segweave predict "photos/**/*.jpg" --task instance --out results --json

      segweave predict drive/ --model mine.onnx --out results --resume

      segweave predict satellite.tif --tile 1024 --overlap 128 --out results

      segweave predict rust.jpg --model smp:unet/resnet34 --labels rust.csv --weights rust.safetensors --out results

      segweave predict @photos.txt --task semantic --flip --scales 0.75,1,1.25 --confidence --out results
    """
    from segweave.apps.cli.predict_request import checked_look, manner_of
    from segweave.apps.cli.predict_run import Request, run

    manner = manner_of(tile, overlap, scales, flip=flip, batch=batch, confidence=confidence)
    look = checked_look(opacity, language, colorblind)
    request = Request(sources=source, task=task, out=out, resume=resume, look=look, manner=manner)
    run(request, model, labels=labels, weights=weights, threads=threads, json=json)

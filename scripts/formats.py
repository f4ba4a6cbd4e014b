"""Checks simgan's output with the programs that read it: exported ONNX in onnxruntime against simgan's own output, for
every padding, noise and normalisation; a run's TensorBoard events in TensorBoard's reader against metrics.jsonl and
samples/; the snippets of docs/tracking.md.

    python scripts/formats.py build/simgan FOLDER       (make formats)
"""

import contextlib
import itertools
import json
import pathlib
import re
import subprocess
import sys
import types
import unittest.mock

import numpy as np
import onnx
import onnxruntime
from safetensors.numpy import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

TOLERANCE = 1e-5  # of the largest value
TINY = """device=cpu threads=1 data.synthetic=simulated:eyes,n=8 data.real=simulated:eyes,domain=real,n=8
refiner.width=8 refiner.blocks=2 discriminator.width=0.25 train.batch=4 train.history=8 train.steps=4
train.pretrain_refiner=3 train.pretrain_discriminator=1 train.precision=float32 train.lr_refiner=0.01
train.ema=0.5 log.every=1 log.samples_every=2 guard.patience=0""".split()


def run(simgan, folder, settings):
    """Trains a tiny run, long enough for batch norm's statistics and R's average to move."""
    sets = [word for s in [*TINY, *settings] for word in ("--set", s)]
    subprocess.run([simgan, "train", "--run", folder, *sets], check=True, stdout=subprocess.DEVNULL)


def check_onnx(simgan, folder):
    """Returns the largest difference of onnxruntime's and simgan's refined images, as a share of the largest value."""
    path, example = folder / "refiner.onnx", folder / "example.safetensors"
    command = [simgan, "export", "--run", folder, "--onnx", path, "--example", example]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    metadata = {p.key: p.value for p in model.metadata_props}
    wanted = {"simgan.preprocessing", "simgan.postprocessing", "simgan.noise", "simgan.bits", "simgan.config"}
    missing = wanted - metadata.keys()
    assert not missing, f"{path}: metadata lacks {missing}"
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    tensors = load_file(example)
    want = tensors.pop("refined")
    assert {i.name for i in session.get_inputs()} == tensors.keys(), "inputs differ from the example's tensors"
    scale = float(np.abs(want).max())
    worst = 0.0
    for n in (len(want), 1):  # the batch's size is free
        got = session.run(["refined"], {name: t[:n] for name, t in tensors.items()})[0]
        assert got.shape == want[:n].shape, f"shape {got.shape}, not {want[:n].shape}"
        worst = max(worst, float(np.abs(got - want[:n]).max()) / scale)
    if "noise" in tensors:
        other = session.run(["refined"], {"image": tensors["image"], "noise": -tensors["noise"]})[0]
        assert np.abs(other - want).max() > 100 * TOLERANCE * scale, "the noise changes nothing"
    larger = {name: np.concatenate([t, t], axis=3) for name, t in tensors.items()}
    assert session.run(["refined"], larger)[0].shape[3] == 2 * want.shape[3], "the width is not free"
    return worst


def check_events(folder):
    """Checks that every number of metrics.jsonl and every sample grid is in the events. Returns how many of each."""
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0, "images": 0})
    events.Reload()
    scalars = images = 0
    for line in (folder / "metrics.jsonl").read_text().splitlines():
        record = json.loads(line)
        for name, value in record.items():
            tag = f"{record['phase']}/{name}"
            if tag in events.Tags()["scalars"]:
                values = [e.value for e in events.Scalars(tag) if e.step == record["step"]]
                right = len(values) == 1 and np.isclose(values[0], value, rtol=1e-6)
                assert right, f"{tag} at {record['step']}: {values}, not {value}"
                scalars += 1
        for loss in ("l_reg",) if record["phase"] == "pretrain_refiner" else ("L_D",):
            assert f"{record['phase']}/{loss}" in events.Tags()["scalars"], f"no {loss} in the events"
    config = events.Tensors("config")[0].tensor_proto.string_val[0].decode()
    assert (folder / "config.yaml").read_text() in config, "the config is not in the events"
    assert "train/images_per_second" in events.Tags()["scalars"], "no images_per_second in the events"
    for event in events.Images("samples"):
        png = (folder / "samples" / f"step-{event.step:07d}.png").read_bytes()
        assert event.encoded_image_string == png, f"samples at {event.step} differ"
        width, height = int.from_bytes(png[16:20]), int.from_bytes(png[20:24])
        assert width == event.width and height == event.height, "size of the image"
        images += 1
    assert scalars and images == len(list((folder / "samples").glob("*.png"))), f"{images} images"
    return scalars, images


def check_snippets(folder, page):
    """Runs the page's snippets for W&B and MLflow with stand-ins that count calls. Returns the numbers sent to each."""
    sent = {"wandb": 0, "mlflow": 0}

    def count(name):
        def log(numbers, **_):
            sent[name] += sum(isinstance(v, (int, float)) for v in numbers.values())
        return log

    def nothing(*_, **__):
        return contextlib.nullcontext()
    stubs = {
        "wandb": types.SimpleNamespace(init=nothing, log=count("wandb"), finish=nothing),
        "mlflow": types.SimpleNamespace(start_run=nothing, log_metrics=count("mlflow"), log_artifact=open),
        "yaml": types.SimpleNamespace(safe_load=lambda file: file.read()),
    }
    with unittest.mock.patch.dict(sys.modules, stubs), unittest.mock.patch.object(sys, "argv", ["", str(folder)]):
        for snippet in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL):
            exec(compile(snippet, page.name, "exec"), {})
    records = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    numbers = sum(isinstance(v, (int, float)) for r in records for v in r.values())
    assert sent == {"wandb": numbers, "mlflow": numbers - len(records)}, f"{sent} of {numbers} numbers"
    return sent


def main():
    simgan, base = sys.argv[1], pathlib.Path(sys.argv[2])
    worst = 0.0
    paddings, noises = ("zeros", "reflect", "replicate"), ("none", "pixel", "multiscale")
    for padding, noise, normalization in itertools.product(paddings, noises, ("none", "batch")):
        folder = base / f"{padding}-{noise}-{normalization}"
        settings = [f"padding={padding}", f"noise.kind={noise}", f"normalization={normalization}"]
        run(simgan, folder, ["refiner." + s for s in settings])
        difference = check_onnx(simgan, folder)
        print(f"onnxruntime  {folder.name:28} largest difference {difference:.1e}", flush=True)
        worst = max(worst, difference)
    scalars, images = check_events(folder)
    print(f"TensorBoard  {scalars} scalars and {images} images as written")
    sent = check_snippets(folder, pathlib.Path(__file__).parent.parent / "docs" / "tracking.md")
    print(f"snippets     {sent['wandb']} numbers to W&B, {sent['mlflow']} to MLflow")
    if worst > TOLERANCE:
        sys.exit(f"onnxruntime and simgan differ by {worst:.1e}, more than {TOLERANCE:.0e}")


if __name__ == "__main__":
    main()

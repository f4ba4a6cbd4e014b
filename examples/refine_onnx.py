"""Refines a folder of pictures by an exported refiner in onnxruntime. The noise is drawn here, as the refiner's config
in the model's metadata says.

    simgan export --run runs/mine --onnx refiner.onnx
    python examples/refine_onnx.py refiner.onnx renders refined [SEED]
"""

import pathlib
import sys

import numpy as np
import onnxruntime
import yaml
from PIL import Image


def enlarge(grid, h, w):
    """Enlarges (n, k, gh, gw) bilinearly with half-pixel centres to (n, k, h, w)."""
    for axis, size in ((2, h), (3, w)):
        n = grid.shape[axis]
        at = np.clip((np.arange(size) + 0.5) * n / size - 0.5, 0, n - 1)
        low = at.astype(int)
        share = (at - low).reshape((-1, 1) if axis == 2 else (1, -1))
        grid = grid.take(low, axis) * (1 - share) + grid.take(np.minimum(low + 1, n - 1), axis) * share
    return grid


def draw_noise(noise, n, h, w, random):
    """Returns the refiner's noise (n, k, h, w) float32; noise is refiner.noise of its config."""
    parts = [random.standard_normal((n, 1, h, w))]
    if noise["kind"] == "multiscale":
        g = noise["grid"]
        points = (n, noise["coarse"], max(1, (h + g // 2) // g), max(1, (w + g // 2) // g))
        constants = random.standard_normal((n, noise["constants"], 1, 1))
        parts += [enlarge(random.standard_normal(points), h, w), np.broadcast_to(constants, (*constants.shape[:2], h, w))]
    return np.concatenate(parts, 1).astype(np.float32)


def refine(session, levels, random):
    """Refines one picture: levels (H, W) or (H, W, C), uint8 or uint16, to such levels."""
    most = np.iinfo(levels.dtype).max
    image = (levels / np.float32(most) * 2 - 1).astype(np.float32)
    image = image[None, None] if levels.ndim == 2 else image.transpose(2, 0, 1)[None]
    inputs = {"image": image}
    if "noise" in {i.name for i in session.get_inputs()}:
        config = yaml.safe_load(session.get_modelmeta().custom_metadata_map["simgan.config"])
        inputs["noise"] = draw_noise(config["refiner"]["noise"], 1, *image.shape[2:], random)
    refined = session.run(["refined"], inputs)[0][0]
    refined = np.clip(np.round((refined + 1) / 2 * most), 0, most).astype(levels.dtype)
    return refined[0] if levels.ndim == 2 else refined.transpose(1, 2, 0)


def main(model, source, out, seed=1):
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    random = np.random.default_rng(int(seed))
    source, out = pathlib.Path(source), pathlib.Path(out)
    for path in sorted(source.rglob("*.png")):
        target = out / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(refine(session, np.asarray(Image.open(path)), random)).save(target)


if __name__ == "__main__":
    main(*sys.argv[1:])

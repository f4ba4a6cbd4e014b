"""Writes data/picture/jpegcrop/testdata: small JPEGs by libjpeg-turbo through Pillow (13.0.0), in all its subsamplings, with
optimised tables, with restart markers, and progressive. Run it in the checkout, in a Python with numpy and pillow."""

import pathlib

import numpy
from PIL import Image

out = pathlib.Path("data/picture/jpegcrop/testdata")
out.mkdir(parents=True, exist_ok=True)
y, x = numpy.mgrid[:48, :64]
noise = numpy.random.default_rng(1).integers(0, 90, (48, 64))
rgb = numpy.stack([x * 4 - x // 2, y * 5, (x * y + noise) % 256], -1).astype(numpy.uint8)
picture = Image.fromarray(rgb)
for name, options in {
    "444": {"subsampling": 0}, "422": {"subsampling": 1}, "420": {"subsampling": 2},
    "optimised": {"optimize": True, "quality": 40}, "restarts": {"restart_marker_blocks": 3},
    "progressive": {"progressive": True},
}.items():
    picture.save(out / f"{name}.jpg", **options)
picture.convert("L").save(out / "grey.jpg", quality=90)

"""Writes data/picture/testdata: small pictures of every kind by Pillow (13.0.0), and pillow.json, the levels that Pillow
reads from each, upright and without alpha: {name: {"shape": [C, H, W], "bits": 8 or 16, "levels": [...]}}. Run it in the
checkout, in a Python with numpy and pillow."""

import json
import pathlib

import numpy
from PIL import Image, ImageOps

OUT = pathlib.Path("data/picture/testdata")
GREY = {"1", "L", "LA", "I;16", "I;16B", "I;16L"}
ORIENTATION = 0x0112

y, x = numpy.mgrid[:9, :13]
rgb = numpy.stack([x * 20, y * 25, (x * y * 7) % 256], -1).astype(numpy.uint8)
alpha = ((x + y) % 4 * 85).astype(numpy.uint8)
alpha[0, :4] = [0, 1, 5, 10]
deep = (x * 5000 + y * 77 + 3).astype(numpy.uint16)

colour = Image.fromarray(rgb)
grey = colour.convert("L")
clear = Image.fromarray(numpy.dstack([rgb, alpha]))
clear_grey = Image.merge("LA", [grey, Image.fromarray(alpha)])
palette = colour.quantize(16)
picture16 = Image.fromarray(deep)

pictures: dict[str, tuple[Image.Image, dict]] = {
    "grey.png": (grey, {}), "colour.png": (colour, {}), "grey16.png": (picture16, {}), "bit.png": (grey.convert("1"), {}),
    "palette.png": (palette, {}), "palette_alpha.png": (palette, {"transparency": bytes([0, 7, 128] + [255] * 13)}),
    "alpha.png": (clear, {}), "grey_alpha.png": (clear_grey, {}), "grey_key.png": (grey, {"transparency": 0}),
    "colour_key.png": (colour, {"transparency": (0, 0, 0)}),
    "grey.jpg": (grey, {"quality": 95}), "444.jpg": (colour, {"subsampling": 0}), "420.jpg": (colour, {"subsampling": 2}),
    "progressive.jpg": (colour, {"subsampling": 0, "progressive": True}),
    "cmyk.jpg": (colour.convert("CMYK"), {"quality": 95, "subsampling": 0}),
    "grey.tif": (grey, {}), "colour.tif": (colour, {}), "grey16.tif": (picture16, {}), "bit.tif": (grey.convert("1"), {}),
    "grey16_big.tif": (Image.frombytes("I;16B", picture16.size, deep.astype(">u2").tobytes()), {}),
    "lzw.tif": (colour, {"compression": "tiff_lzw"}), "deflate16.tif": (picture16, {"compression": "tiff_adobe_deflate"}),
    "packbits.tif": (grey, {"compression": "packbits"}), "palette.tif": (palette, {}), "alpha.tif": (clear, {}),
    "lossless.webp": (colour, {"lossless": True}), "alpha.webp": (clear, {"lossless": True, "exact": True}),
    "lossy.webp": (colour, {"quality": 80}), "lossy_alpha.webp": (clear, {"quality": 80, "exact": True}),
}
for turn in range(1, 9):
    exif = Image.Exif()
    exif[ORIENTATION] = turn
    for name in ["png", "jpg", "tif", "webp"] if turn in (3, 6) else ["png", "jpg"]:
        options = {"lossless": True, "exif": exif} if name == "webp" else {"quality": 95, "exif": exif}
        if name == "tif":  # uncompressed, Pillow 13.0.0 reads it as if its sides were swapped
            options = {"tiffinfo": {ORIENTATION: turn}, "compression": "tiff_lzw"}
        pictures[f"turn{turn}.{name}"] = (grey, options)

OUT.mkdir(parents=True, exist_ok=True)
expected = {}
for name, (picture, options) in pictures.items():
    picture.save(OUT / name, **options)
    with Image.open(OUT / name) as file:
        seen = ImageOps.exif_transpose(file)
        bits = 16 if seen.mode.startswith("I") else 8
        if bits == 8:
            seen = seen.convert("L" if seen.mode in GREY else "RGB")
        levels = numpy.atleast_3d(numpy.asarray(seen)).transpose(2, 0, 1)
    expected[name] = {"shape": levels.shape, "bits": bits, "levels": levels.ravel().tolist()}
(OUT / "pillow.json").write_text("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in expected.items()) + "\n}\n")

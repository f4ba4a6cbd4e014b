"""Writes HDF5 files with the layout of Kaggle's 4quant/eye-gaze: the group image of (35,55) uint8 data sets and, in
gaze.h5, look_vec (N,4) with UnityEyes' (x, y up, z, 0), row i for image i in the order of names. The notebooks there
read t_file['image'].values() beside t_file['look_vec'][i]. The pictures are noise, the same for the same N.

    python -m venv VENV && VENV/bin/pip install -r scripts/requirements-gazeh5.txt      (VENV outside the checkout)
    VENV/bin/python scripts/gazeh5.py FOLDER [N]       writes gaze.h5 and real_gaze.h5 of N (3) eyes to FOLDER
    VENV/bin/python scripts/gazeh5.py --bad FOLDER     writes files of two eyes that a reader must refuse

The tests read data/testdata/gazeh5, which both commands wrote with N = 3.
"""

import pathlib
import sys

import h5py
import numpy as np


def eyes(n):
    """Images (n,35,55) whose first pixel is their number, and look_vec (n,4): unit vectors up to rounding."""
    rng = np.random.default_rng(55)
    images = rng.integers(0, 256, (n, 35, 55), dtype=np.uint8)
    images[:, 0, 0] = np.arange(n) % 256
    look = rng.normal((0, 0, -3, 0), (1, 1, 0.1, 0), (n, 4))
    return images, look / np.linalg.norm(look, axis=1, keepdims=True)


def write(path, images, look=None, **options):
    with h5py.File(path, "w") as file:
        group = file.create_group("image")
        for i, image in enumerate(images):
            group.create_dataset(f"{i:07d}", data=image, **options)
        if look is not None:
            file.create_dataset("look_vec", data=look)


def good(folder, n):
    images, look = eyes(n)
    write(folder / "gaze.h5", images, look, compression="gzip")
    write(folder / "real_gaze.h5", images[::-1])


def bad(folder):
    images, look = eyes(2)
    write(folder / "truncated.h5", images, look)
    whole = (folder / "truncated.h5").read_bytes()
    (folder / "truncated.h5").write_bytes(whole[: len(whole) // 2])
    (folder / "text.h5").write_text("no HDF5\n")
    with h5py.File(folder / "no-image.h5", "w") as file:
        file["look_vec"] = look
    with h5py.File(folder / "stacked.h5", "w") as file:
        file["image"] = images
    with h5py.File(folder / "empty.h5", "w") as file:
        file.create_group("image")
    write(folder / "shape.h5", images.transpose(0, 2, 1))
    write(folder / "scalar.h5", [np.uint8(1)])
    write(folder / "float.h5", images / np.float32(255))
    write(folder / "signed.h5", images.astype(np.int8))
    write(folder / "rows.h5", images, look[:1])
    write(folder / "columns.h5", images, look[:, :2])
    write(folder / "integers.h5", images, np.sign(look).astype(np.int32))
    write(folder / "zero.h5", images, look * [[1], [0]])
    write(folder / "nan.h5", images, np.full((2, 3), np.nan, np.float32))


if __name__ == "__main__":
    if sys.argv[1] == "--bad":
        bad(pathlib.Path(sys.argv[2]))
    else:
        good(pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3)

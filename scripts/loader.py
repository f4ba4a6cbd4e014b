"""Times PyTorch's DataLoader, the rival of `simgan bench loader`: the same files, crop, resize and workers. Each batch
is a float32 tensor in [-1, 1].

    python scripts/loader.py run --data unityeyes:DIR|pack:DIR[,n=N] --way WAY --batch 64 --workers 2
    python scripts/loader.py pack --n 1000000 --out DIR     # writes a large pack of noise

Ways to read a JPEG: pillow decodes in colour; draft (Pillow too), torchvision and simplejpeg decode grey levels only.
Ways to read a pack: image takes one image at a time, batch all of a batch by one index, alone does so without workers.
"""

import argparse
import hashlib
import json
import os
import pathlib
import time

import numpy


def number_tuple(text):
    return [float(v) for v in text.strip("() ").split(",")]


# Each way returns a decoder of a file: (its width and height, a function from a box to its grey picture of 55 x 35).


def by_pillow(path, grey_only):
    from PIL import Image

    picture = Image.open(path)
    if grey_only:
        picture.draft("L", picture.size)
    return picture.size, lambda box: picture.convert("L").crop(box).resize((55, 35), Image.BICUBIC)


def resized(levels, box):
    from PIL import Image

    x0, y0, x1, y1 = box  # may lie outside of the image, where Pillow's crop is black
    return Image.fromarray(levels[max(y0, 0) : y1, max(x0, 0) : x1]).resize((55, 35), Image.BICUBIC)


def by_torchvision(path):
    from torchvision.io import ImageReadMode, decode_jpeg, read_file

    levels = decode_jpeg(read_file(str(path)), ImageReadMode.GRAY)[0].numpy()
    return levels.shape[::-1], lambda box: resized(levels, box)


def by_simplejpeg(path):
    import simplejpeg

    levels = simplejpeg.decode_jpeg(path.read_bytes(), "GRAY")[..., 0]
    return levels.shape[::-1], lambda box: resized(levels, box)


DECODERS = {
    "pillow": lambda path: by_pillow(path, False),
    "draft": lambda path: by_pillow(path, True),
    "torchvision": by_torchvision,
    "simplejpeg": by_simplejpeg,
}


class UnityEyes:
    def __init__(self, folder, way):
        self.files = sorted(pathlib.Path(folder).glob("*.jpg"), key=lambda p: int(p.stem))
        self.decode = DECODERS[way]

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        label = json.loads(self.files[i].with_suffix(".json").read_text())
        look = numpy.float32(number_tuple(label["eye_details"]["look_vec"])[:3])
        margin = numpy.array([number_tuple(t)[:2] for t in label["interior_margin_2d"]])
        (width, height), picture = self.decode(self.files[i])
        w, h = round(140 * width / 640), round(84 * width / 640)
        cx, cy = (margin.min(0) + margin.max(0)) / 2
        x, y = round(cx - w / 2), round(height - cy - h / 2)
        return numpy.float32(picture((x, y, x + w, y + h)))[None] * (2 / 255) - 1, look * numpy.float32([1, -1, 1])


class Pack:
    def __init__(self, folder, n):
        self.images = numpy.load(os.path.join(folder, "images.npy"), mmap_mode="r")
        self.labels = numpy.load(os.path.join(folder, "labels.npy"), mmap_mode="r")
        self.n = n or len(self.images)

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return numpy.float32(self.images[i])[None] * (2 / 255) - 1, numpy.array(self.labels[i])


class PackByBatch(Pack):
    def __getitems__(self, indices):
        import torch

        images = torch.from_numpy(self.images[indices]).float().mul_(2 / 255).sub_(1)
        return images[:, None], torch.from_numpy(self.labels[indices])


def run(a):
    import torch

    begin = time.time()
    kind, rest = a.data.split(":", 1)
    folder, *params = rest.split(",")
    values = dict(p.split("=") for p in params)
    if kind == "unityeyes":
        data, collate = UnityEyes(folder, a.way or "pillow"), None
    else:
        by_batch = a.way in ("batch", "alone")
        data = (PackByBatch if by_batch else Pack)(folder, int(values.get("n", 0)))
        collate = (lambda batch: batch) if by_batch else None
    if len(data) < a.batch:
        raise SystemExit(f"{a.data}: {len(data)} images are fewer than --batch {a.batch}")
    workers = 0 if a.way == "alone" else a.workers or os.cpu_count()
    loader = torch.utils.data.DataLoader(data, a.batch, shuffle=True, num_workers=workers, drop_last=True,
                                         collate_fn=collate, persistent_workers=workers > 0,
                                         pin_memory=a.device != "cpu")
    images, start, first = 0, None, 0
    while start is None or time.time() - start < a.seconds:
        for x, _ in loader:
            x = x.to(a.device, non_blocking=True)
            if start is None:
                start = time.time()
                first = start - begin
                continue
            images += len(x)
            if time.time() - start >= a.seconds:
                break
    seconds = time.time() - start
    pids = [os.getpid()] + [w.pid for w in getattr(loader._iterator, "_workers", [])]
    memory = 0
    for pid in pids:
        for line in open(f"/proc/{pid}/smaps_rollup"):
            if line.startswith("Pss:"):  # shared pages count once over all processes
                memory += int(line.split()[1]) * 1024
    print(json.dumps({"images_per_second": images / seconds, "seconds_to_first_batch": first, "memory_bytes": memory}))


def sums(folder):
    all_sums = {}
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            all_sums[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return all_sums


def pack(a):
    out = pathlib.Path(a.out)
    out.mkdir(parents=True)
    noise = numpy.random.default_rng(1).integers(0, 256, (1000, 35, 55), numpy.uint8)
    images = numpy.lib.format.open_memmap(out / "images.npy", "w+", numpy.uint8, (a.n, 35, 55))
    for i in range(0, a.n, 1000):
        images[i : i + 1000] = noise[: a.n - i]
    images.flush()
    numpy.save(out / "labels.npy", numpy.zeros((a.n, 3), numpy.float32))
    (out / "names.txt").write_text("".join(f"{i:07d}.png\n" for i in range(a.n)))
    about = {"kind": "noise", "units": {"images": "levels 0 to 255"}, "label_names": ["gaze_x", "gaze_y", "gaze_z"],
             "source": "scripts/loader.py", "count": a.n, "sha256": sums(out)}
    (out / "pack.json").write_text(json.dumps(about))


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
commands = parser.add_subparsers(required=True)
p = commands.add_parser("run")
p.add_argument("--data", required=True)
p.add_argument("--way", choices=(*DECODERS, "image", "batch", "alone"))
p.add_argument("--batch", type=int, default=64)
p.add_argument("--workers", type=int, default=0)
p.add_argument("--seconds", type=float, default=5)
p.add_argument("--device", default="cpu")
p.set_defaults(call=run)
p = commands.add_parser("pack")
p.add_argument("--n", type=int, required=True)
p.add_argument("--out", required=True)
p.set_defaults(call=pack)
arguments = parser.parse_args()
arguments.call(arguments)

"""Times PyTorch's DataLoader, the rival of `simgan bench loader`: the same files, crop, resize and workers. Each batch
is a float32 tensor in [-1, 1].

    python scripts/loader.py run --data unityeyes:DIR|pack:DIR[,n=N] --batch 64 --workers 2 --seconds 5
    python scripts/loader.py pack --n 1000000 --out DIR     # writes a large pack of noise without checksums
"""

import argparse
import json
import os
import pathlib
import time

import numpy


def number_tuple(text):
    return [float(v) for v in text.strip("() ").split(",")]


class UnityEyes:
    def __init__(self, folder):
        self.files = sorted(pathlib.Path(folder).glob("*.jpg"), key=lambda p: int(p.stem))

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        from PIL import Image

        label = json.loads(self.files[i].with_suffix(".json").read_text())
        look = numpy.float32(number_tuple(label["eye_details"]["look_vec"])[:3])
        margin = numpy.array([number_tuple(t)[:2] for t in label["interior_margin_2d"]])
        picture = Image.open(self.files[i])
        scale = picture.width / 640
        w, h = round(140 * scale), round(84 * scale)
        cx, cy = (margin.min(0) + margin.max(0)) / 2
        x, y = round(cx - w / 2), round(picture.height - cy - h / 2)
        crop = picture.convert("L").crop((x, y, x + w, y + h)).resize((55, 35), Image.BICUBIC)
        return numpy.float32(crop)[None] * (2 / 255) - 1, look * numpy.float32([1, -1, 1])


class Pack:
    def __init__(self, folder, n):
        self.images = numpy.load(os.path.join(folder, "images.npy"), mmap_mode="r")
        self.labels = numpy.load(os.path.join(folder, "labels.npy"), mmap_mode="r")
        self.n = n or len(self.images)

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return numpy.float32(self.images[i])[None] * (2 / 255) - 1, numpy.array(self.labels[i])


def run(a):
    import torch

    begin = time.time()
    kind, rest = a.data.split(":", 1)
    folder, *params = rest.split(",")
    values = dict(p.split("=") for p in params)
    data = UnityEyes(folder) if kind == "unityeyes" else Pack(folder, int(values.get("n", 0)))
    if len(data) < a.batch:
        raise SystemExit(f"{a.data}: {len(data)} images are fewer than --batch {a.batch}")
    workers = a.workers or os.cpu_count()
    loader = torch.utils.data.DataLoader(data, a.batch, shuffle=True, num_workers=workers, drop_last=True,
                                         persistent_workers=True, pin_memory=a.device != "cpu")
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
    pids = [os.getpid()] + [w.pid for w in loader._iterator._workers] if loader._iterator else [os.getpid()]
    memory = 0
    for pid in pids:
        for line in open(f"/proc/{pid}/smaps_rollup"):
            if line.startswith("Pss:"):  # shared pages count once over all processes
                memory += int(line.split()[1]) * 1024
    print(json.dumps({"images_per_second": images / seconds, "seconds_to_first_batch": first, "memory_bytes": memory}))


def pack(a):
    out = pathlib.Path(a.out)
    out.mkdir(parents=True)
    noise = numpy.random.default_rng(1).integers(0, 256, (1000, 35, 55), numpy.uint8)
    images = numpy.lib.format.open_memmap(out / "images.npy", "w+", numpy.uint8, (a.n, 35, 55))
    for i in range(0, a.n, 1000):
        images[i : i + 1000] = noise[: a.n - i]
    numpy.save(out / "labels.npy", numpy.zeros((a.n, 3), numpy.float32))
    (out / "names.txt").write_text("".join(f"{i:07d}.png\n" for i in range(a.n)))
    about = {"kind": "noise", "units": {"images": "levels 0 to 255"}, "label_names": ["gaze_x", "gaze_y", "gaze_z"],
             "source": "scripts/loader.py", "count": a.n, "sha256": {}}
    (out / "pack.json").write_text(json.dumps(about))


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
commands = parser.add_subparsers(required=True)
p = commands.add_parser("run")
p.add_argument("--data", required=True)
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

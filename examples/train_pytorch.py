"""Trains a small network in PyTorch to estimate the numbers in labels.csv, and prints its mean absolute error on test
images. A program for simgan eval external, which adds the two folders and the seed:

    simgan eval external --run runs/mine --train "python examples/train_pytorch.py --steps 600"
"""

import argparse
import csv
import pathlib

import numpy as np
import torch
from PIL import Image
from torch import nn


def is_number(text):
    try:
        return np.isfinite(float(text))
    except ValueError:
        return False


def load(folder):
    """Returns images (n, C, H, W) in [-1, 1] and labels (n, k): the columns of numbers of labels.csv."""
    rows = list(csv.DictReader(open(folder / "labels.csv", newline="", encoding="utf-8")))
    files, *columns = rows[0]
    numbers = [c for c in columns if is_number(rows[0][c])]
    levels = np.stack([np.asarray(Image.open(folder / row[files])) for row in rows])
    images = torch.from_numpy(levels / np.float32(255 if levels.dtype == np.uint8 else 65535) * 2 - 1).float()
    images = images[:, None] if images.ndim == 3 else images.permute(0, 3, 1, 2).contiguous()
    return images, torch.tensor([[float(row[c]) for c in numbers] for row in rows])


parser = argparse.ArgumentParser()
parser.add_argument("--steps", type=int, default=600)
parser.add_argument("train", type=pathlib.Path)
parser.add_argument("test", type=pathlib.Path)
parser.add_argument("seed", type=int)
args = parser.parse_args()

torch.manual_seed(args.seed)
(x, y), (test_x, test_y) = load(args.train), load(args.test)
mean, deviation = y.mean(0), y.std(0) + 1e-6
blocks, channels = [], x.shape[1]
for width in (16, 32, 64):
    blocks += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    channels = width
model = nn.Sequential(*blocks, nn.Flatten(), nn.LazyLinear(128), nn.ReLU(), nn.Linear(128, y.shape[1]))
model(x[:1])  # gives the lazy layer its size
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for _ in range(args.steps):
    batch = torch.randint(len(x), (32,))
    loss = (model(x[batch]) - (y[batch] - mean) / deviation).abs().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
with torch.no_grad():
    estimated = torch.cat([model(part) for part in test_x.split(256)]) * deviation + mean
print((estimated - test_y).abs().mean().item())

"""Draws a small data set to try simgan with: renders/ (coloured circles on grey) and labelled/ with a labels.csv (file,
centre cx and cy in pixels, colour), and photos/ without labels. Photos have other colours, light, texture, blur, noise.

    python examples/circles.py FOLDER
"""

import csv
import pathlib
import sys

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 40, 56
COLOURS = {"red": (220, 60, 60), "green": (60, 200, 80), "blue": (70, 90, 220)}


def blur(image, times):
    for _ in range(times):
        image = (image + sum(np.roll(image, step, axis) for axis in (0, 1) for step in (1, -1))) / 5
    return image


def draw(real, random):
    """Returns an image (HEIGHT, WIDTH, 3) uint8 and its label."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    cx, cy, radius = random.uniform(9, WIDTH - 9), random.uniform(9, HEIGHT - 9), random.uniform(5, 8)
    name = list(COLOURS)[random.integers(3)]
    colour, image = np.array(COLOURS[name], float), np.full((HEIGHT, WIDTH, 3), 170.0)
    if real:
        slope = random.normal(size=2) * 1.5
        light = slope[0] * (x - WIDTH / 2) + slope[1] * (y - HEIGHT / 2)
        image = np.array([120, 95, 70]) + random.normal(0, 12, 3) + light[..., None]
        image = image + blur(random.normal(0, 90, (HEIGHT, WIDTH, 1)), 3)
        colour = colour * 0.7 + random.normal(0, 10, 3)
    image = np.where(((x - cx) ** 2 + (y - cy) ** 2 < radius**2)[..., None], colour, image)
    if real:
        image = blur(image, 1) + random.normal(0, 7, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8), [f"{cx:.2f}", f"{cy:.2f}", name]


def write(folder, images, seed, real, labels=True):
    folder.mkdir(parents=True)
    random, rows = np.random.default_rng(seed), [["file", "cx", "cy", "colour"]]
    for i in range(images):
        image, label = draw(real, random)
        Image.fromarray(image).save(folder / f"{i:04d}.png")
        rows.append([f"{i:04d}.png", *label])
    if labels:
        with open(folder / "labels.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)


if __name__ == "__main__":
    base = pathlib.Path(sys.argv[1])
    write(base / "renders", 300, 1, real=False)
    write(base / "photos", 240, 2, real=True, labels=False)
    write(base / "labelled", 200, 3, real=True)

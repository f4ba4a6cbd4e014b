#!/usr/bin/env python3
"""The model of docs/scaling.md: prints its tables. python3 scripts/scaling.py

An iteration is K_g = 2 steps of R and K_d = 1 of D. Its time with W processes is
  products / (W rate) + 3 fixed + all-reduces,
an all-reduce of S bytes by a ring
  base + 2 (W - 1) hop + 2 (W - 1) / W * S / bandwidth.
"""

# H100 SXM: 989 TFLOP/s in bfloat16, NVLink 900 GB/s in both directions together (NVIDIA's data sheet of the H100).
# 30 % of the peak, and 0.1 ms per step that more processes do not shorten, are assumptions: no GPU was measured yet.
RATE, FIXED = 0.30 * 989e12, 1e-4
# base and hop of a ring: NCCL's own cost model, src/graph/tuning.cc (Ring, Simple): 8.4 us, 3.4 us by NVLink, 14 us by
# network. Bandwidths per direction: NVLink 450 GB/s; InfiniBand NDR 400 Gbit/s per GPU; Ethernet 100 Gbit/s per host
# of 8 GPUs. 60 us per hop by Ethernet with TCP is an assumption.
BASE = 8.4e-6
LINKS = {"NVLink": (3.4e-6, 450e9), "InfiniBand": (14e-6, 50e9), "Ethernet": (60e-6, 12.5e9)}


def products(pixels, kernel, blocks, inputs, width=64, block_kernel=3):
    """Multiplications and additions of R forward, per image."""
    return 2 * pixels * (kernel**2 * inputs * width + 2 * blocks * block_kernel**2 * width**2 + width)


# Noise adds channels to R's input (docs/config.md); D's products are less than 5 % of R's and left out. A step of R is
# forward and two passes backward; one of D needs R forward for half a batch.
PRESETS = {
    "gaze, b = 512": (512, products(35 * 55, 3, 4, 8), 4 * 300161, 4 * 75906),
    "hand, b = 64": (64, products(224 * 224, 7, 10, 8), 4 * 763777, 4 * 178050),
}


def all_reduce(size, w, hop, bandwidth):
    return 0 if w == 1 else BASE + 2 * (w - 1) * hop + 2 * (w - 1) / w * size / bandwidth


def iteration(preset, w, link):
    b, forward, r, d = PRESETS[preset]
    compute = b * forward * (2 * 3 + 0.5) / RATE / w
    return compute, 3 * FIXED, 2 * all_reduce(r, w, *LINKS[link]) + all_reduce(d, w, *LINKS[link])


for preset in PRESETS:
    print(f"\n{preset}\n\n| processes | images each | link | compute, ms | fixed, ms | all-reduce, ms | speed-up | efficiency |")
    print("|---|---|---|---|---|---|---|---|")
    alone = sum(iteration(preset, 1, "NVLink"))
    for w in (1, 2, 4, 8, 16, 32, 64):
        for link in ("NVLink",) if w <= 8 else ("InfiniBand", "Ethernet"):
            compute, fixed, joined = iteration(preset, w, link)
            up = alone / (compute + fixed + joined)
            print(f"| {w} | {PRESETS[preset][0] / w:g} | {link if w > 1 else ''} | {compute * 1e3:.2f} | {fixed * 1e3:.2f} | "
                  f"{joined * 1e3:.2f} | {up:.1f} | {100 * up / w:.0f} % |")

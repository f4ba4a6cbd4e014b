"""SimGAN in plain PyTorch, written from the paper and the specification, not from the Go code.

    python scripts/parity.py golden --out trainer/testdata   # writes what the Go tests compare with
    python scripts/parity.py bench --precision float32       # images/s of Algorithm 1's iteration, as JSON

Needs the packages of scripts/requirements-parity.txt.
"""

import argparse
import json
import os
import time

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

REAL, REFINED = 0, 1


class Conv(nn.Conv2d):
    """A convolution that pads k//2 by zeros, reflection or replication."""

    def __init__(self, inputs: int, outputs: int, k: int, stride: int = 1, padding: str = "zeros"):
        super().__init__(inputs, outputs, k, stride, k // 2, padding_mode=padding)


class Block(nn.Module):
    def __init__(self, width: int, k: int, padding: str):
        super().__init__()
        self.conv1 = Conv(width, width, k, padding=padding)
        self.conv2 = Conv(width, width, k, padding=padding)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.conv2(F.relu(self.conv1(x))))


class Refiner(nn.Module):
    """R: (b, C, H, W) in [-1, 1] to the same."""

    def __init__(self, width: int, blocks: int, padding: str, kernel: int = 3):
        super().__init__()
        self.stem = Conv(1, width, kernel, padding=padding)
        self.blocks = nn.Sequential(*[Block(width, kernel, padding) for _ in range(blocks)])
        self.last = Conv(width, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.last(self.blocks(F.relu(self.stem(x)))).float())


class Discriminator(nn.Module):
    """D for gaze: (b, 1, 35, 55) to logits (b, 2, 9, 14), class 1 being refined."""

    def __init__(self, factor: float):
        super().__init__()
        widths = [max(1, int(w * factor + 0.5)) for w in (96, 64, 32, 32)]
        self.conv1 = Conv(1, widths[0], 3, 2)
        self.conv2 = Conv(widths[0], widths[1], 3, 2)
        self.conv3 = Conv(widths[1], widths[2], 3)
        self.conv4 = Conv(widths[2], widths[3], 1)
        self.conv5 = Conv(widths[3], 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.conv2(F.relu(self.conv1(x))))
        x = F.max_pool2d(x, 3, 1, 1)
        return self.conv5(F.relu(self.conv4(F.relu(self.conv3(x)))))


def patches(logits: Tensor, cls: int) -> Tensor:
    """Cross-entropy against the class: summed over patches, averaged over images."""
    target = torch.full(logits.shape[:1] + logits.shape[2:], cls, dtype=torch.long, device=logits.device)
    return F.cross_entropy(logits.float(), target, reduction="sum") / logits.shape[0]


def features(psi: str, x: Tensor) -> list[Tensor]:
    if psi == "derivatives":
        return [x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]]
    return [x]


def loss_reg(refined: Tensor, x: Tensor, lam: float, psi: str = "identity") -> Tensor:
    pairs = zip(features(psi, refined), features(psi, x))
    return lam * sum((a - b).abs().sum() for a, b in pairs) / x.shape[0]


def loss_d(d: Discriminator, refined: Tensor, y: Tensor) -> Tensor:
    return patches(d(refined), REFINED) + patches(d(y), REAL)


class Training:
    """Algorithm 1 without history: K_g = 2, K_d = 1."""

    def __init__(self, r: Refiner, d: Discriminator, optimizer: str, lam: float, lr: tuple[float, float], bf16: bool = False):
        self.r, self.d, self.lam, self.bf16 = r, d, lam, bf16

        def make(m: nn.Module, rate: float) -> torch.optim.Optimizer:
            if optimizer == "sgd":
                return torch.optim.SGD(m.parameters(), rate)
            return torch.optim.Adam(m.parameters(), rate, betas=(0.5, 0.999))

        self.opt_r, self.opt_d = make(r, lr[0]), make(d, lr[1])

    def autocast(self, device: str) -> torch.autocast:
        return torch.autocast(device, torch.bfloat16, enabled=self.bf16)

    def step_r(self, x: Tensor) -> Tensor:
        self.d.requires_grad_(False)
        with self.autocast(x.device.type):
            refined = self.r(x)
            loss = patches(self.d(refined), REAL) + loss_reg(refined, x, self.lam)
        loss.backward()
        self.opt_r.step()
        self.opt_r.zero_grad()
        return loss.detach()

    def step_d(self, x: Tensor, y: Tensor) -> Tensor:
        self.d.requires_grad_(True)
        with self.autocast(x.device.type):
            with torch.no_grad():
                refined = self.r(x)
            loss = loss_d(self.d, refined, y)
        loss.backward()
        self.opt_d.step()
        self.opt_d.zero_grad()
        return loss.detach()


def named(prefix: str, values: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}.{k}": v.detach().clone().contiguous() for k, v in values.items()}


def gradients(m: nn.Module) -> dict[str, Tensor]:
    return {k: p.grad for k, p in m.named_parameters() if p.grad is not None}


def golden_case(padding: str, psi: str) -> dict[str, Tensor]:
    """Inputs, weights, losses and all gradients of one small case."""
    torch.manual_seed(7)
    r, d = Refiner(6, 1, padding), Discriminator(0.1)
    x, y = torch.rand(4, 1, 35, 55) * 2 - 1, torch.rand(4, 1, 35, 55) * 2 - 1
    out = {"x": x, "y": y} | named("R", dict(r.named_parameters())) | named("D", dict(d.named_parameters()))
    refined = r(x)
    real, reg = patches(d(refined), REAL), loss_reg(refined, x, 0.02, psi)
    (real + reg).backward()
    out |= {"l_real": real.detach(), "l_reg": reg.detach(), "refined": refined.detach()} | named("grad_R", gradients(r))
    d.zero_grad()
    adversary = loss_d(d, r(x).detach(), y)
    adversary.backward()
    return out | {"L_D": adversary.detach()} | named("grad_D", gradients(d))


def golden_steps(optimizer: str, lr: tuple[float, float]) -> dict[str, Tensor]:
    """Losses of ten steps of Algorithm 1 on one pair of batches, and the final weights."""
    torch.manual_seed(8)
    r, d = Refiner(6, 1, "replicate"), Discriminator(0.1)
    x, y = torch.rand(4, 1, 35, 55) * 2 - 1, torch.rand(4, 1, 35, 55) * 2 - 1
    out = {"x": x, "y": y} | named("R", dict(r.named_parameters())) | named("D", dict(d.named_parameters()))
    training = Training(r, d, optimizer, 0.02, lr)
    losses = [torch.stack([training.step_r(x), training.step_r(x), training.step_d(x, y)]) for _ in range(10)]
    out |= {"losses": torch.stack(losses)}
    return out | named("final_R", dict(r.named_parameters())) | named("final_D", dict(d.named_parameters()))


def golden(folder: str) -> None:
    torch.set_num_threads(1)
    cases = {f"{padding}_{psi}": golden_case(padding, psi)
             for padding, psi in (("zeros", "identity"), ("replicate", "derivatives"), ("reflect", "identity"))}
    cases |= {"steps_sgd": golden_steps("sgd", (0.001, 0.001)), "steps_adam": golden_steps("adam", (5e-4, 2e-4))}
    os.makedirs(folder, exist_ok=True)
    for name, tensors in cases.items():
        tensors = {k: v.reshape(1) if v.dim() == 0 else v for k, v in tensors.items()}
        save_file(tensors, os.path.join(folder, name + ".safetensors"), {"torch": torch.__version__})


def bench(a: argparse.Namespace) -> None:
    """Median time of an iteration (2 R steps, 1 D step) on random images that are on the device."""
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    device = "cuda" if a.device == "cuda" else "cpu"
    layout = torch.channels_last if a.channels_last else torch.contiguous_format
    r = Refiner(a.width, 4, a.padding).to(device, memory_format=layout)
    d = Discriminator(1).to(device, memory_format=layout)
    training = Training(r, d, a.optimizer, 0.02, (5e-4, 2e-4), a.precision == "bfloat16")
    x = (torch.rand(a.batch, 1, 35, 55, device=device) * 2 - 1).contiguous(memory_format=layout)
    y = (torch.rand(a.batch, 1, 35, 55, device=device) * 2 - 1).contiguous(memory_format=layout)
    step_r = torch.compile(training.step_r) if a.compile else training.step_r
    times = []
    for _ in range(a.iterations + 2):
        start = time.perf_counter()
        step_r(x), step_r(x), training.step_d(x, y).item()
        times.append(time.perf_counter() - start)
    median = sorted(times[2:])[a.iterations // 2]
    print(json.dumps({"images_per_second": 3 * a.batch / median, "seconds": median, **vars(a)}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    g = commands.add_parser("golden")
    g.add_argument("--out", required=True)
    b = commands.add_parser("bench")
    b.add_argument("--batch", type=int, default=32)
    b.add_argument("--width", type=int, default=64)
    b.add_argument("--padding", default="zeros", choices=["zeros", "reflect", "replicate"])
    b.add_argument("--optimizer", default="adam", choices=["sgd", "adam"])
    b.add_argument("--precision", default="float32", choices=["float32", "bfloat16"])
    b.add_argument("--channels-last", action="store_true")
    b.add_argument("--compile", action="store_true")
    b.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    b.add_argument("--threads", type=int, default=os.cpu_count())
    b.add_argument("--iterations", type=int, default=8)
    a = parser.parse_args()
    golden(a.out) if a.command == "golden" else bench(a)


if __name__ == "__main__":
    main()

"""A plain PyTorch SimGAN that follows docs/specification.md: golden numbers and timings for another implementation.

    parity.py golden --out DIR    writes inputs, weights, losses, gradients and short trainings as safetensors files
    parity.py bench [options]     times whole iterations of Algorithm 1 and prints one JSON object

The names are those of Shrivastava et al. 2017 (arXiv 1612.07828): refiner R, discriminator D, label 1 (and channel 1
of the logits) = refined, label 0 (channel 0) = real, K_g refiner steps and K_d discriminator steps per iteration, a
history of B refined images, psi the features that l_reg compares.
"""

import argparse
import json
import math
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LAMBDA = 0.02
AGREEMENT, DIVERSITY = 0.25, 0.6  # weights of l_label and l_div
K_G, K_D = 2, 1
REFINED, REAL = 1, 0
GAZE = (4, 1, 35, 55)
SMALL_COLOUR = (4, 3, 21, 33)  # at 35x55 three channels would make a file of 300 KB
LABELS = 3
UNEVEN_COLOUR = (4, 3, 30, 37)  # squares of 4 x 4 leave two rows and a column over; a sixth would be 5, an eighth 3

# ---------------------------------------------------------------------------------------------------- networks

Table = list[tuple[int, int, int]]  # rows of D: kernel, stride, maps; 0 maps stand for a max-pooling
GAZE_D: Table = [(3, 2, 96), (3, 2, 64), (3, 1, 0), (3, 1, 32), (1, 1, 32), (1, 1, 2)]
HAND_D: Table = [(7, 4, 96), (5, 2, 64), (3, 2, 0), (3, 2, 32), (1, 1, 32), (1, 1, 2)]


class ReplicateConv(nn.Conv2d):
    """A convolution with replicate padding by repeated rows and columns. torch 2.11 fuses this one. It cannot compile
    its own replicate padding in channels-last layout: it mistakes the strides of the gradient."""

    def forward(self, x: Tensor) -> Tensor:
        top, left = self.kernel_size[0] // 2, self.kernel_size[1] // 2
        rows = [x[:, :, :1]] * top, [x[:, :, -1:]] * top
        x = torch.cat([*rows[0], x, *rows[1]], dim=2)
        columns = [x[..., :1]] * left, [x[..., -1:]] * left
        return F.conv2d(torch.cat([*columns[0], x, *columns[1]], dim=3), self.weight, self.bias, self.stride)


def conv(inputs: int, outputs: int, kernel: int, stride: int = 1, padding: str = "zeros") -> nn.Conv2d:
    """A convolution padded by kernel // 2 on every side, in the mode padding."""
    mode = padding if kernel > 1 else "zeros"
    return nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, padding_mode=mode)


class Block(nn.Module):
    """Conv, ReLU, conv, add, ReLU."""

    def __init__(self, width: int, kernel: int, padding: str) -> None:
        super().__init__()
        self.conv1 = conv(width, width, kernel, padding=padding)
        self.conv2 = conv(width, width, kernel, padding=padding)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.conv2(F.relu(self.conv1(x))))


class Refiner(nn.Module):
    """(b,C,H,W) in [-1,1] -> (b,C,H,W) in (-1,1). With noise, R's input has one more channel, z (b,1,H,W)."""

    def __init__(self, channels: int, width: int, blocks: int, kernel: int = 3, padding: str = "zeros",
                 block_kernel: int | None = None, noise: bool = False) -> None:  # fmt: skip
        super().__init__()
        self.stem = conv(channels + noise, width, kernel, padding=padding)
        self.blocks = nn.Sequential(*[Block(width, block_kernel or kernel, padding) for _ in range(blocks)])
        self.last = conv(width, channels, 1)

    def forward(self, x: Tensor, z: Tensor | None = None) -> Tensor:
        x = x if z is None else torch.cat((x, z), dim=1)
        return torch.tanh(self.last(self.blocks(F.relu(self.stem(x)))))


class Discriminator(nn.Module):
    """(b,C,H,W) -> (b,2,h,w): per patch the logits of real (channel 0) and refined (channel 1); zero-padded."""

    def __init__(self, channels: int, table: Table, factor: float = 1.0) -> None:
        super().__init__()
        self.table, number, inputs = table, 0, channels
        for kernel, stride, maps in table:
            if maps > 0:
                number += 1
                # Scaled maps are rounded half up; the two classes stay two.
                outputs = 2 if maps == 2 else max(1, math.floor(maps * factor + 0.5))
                self.add_module(f"conv{number}", conv(inputs, outputs, kernel, stride))
                inputs = outputs

    def forward(self, x: Tensor) -> Tensor:
        number = 0
        for kernel, stride, maps in self.table:
            if maps > 0:
                number += 1
                x = self.get_submodule(f"conv{number}")(x)
                x = x if maps == 2 else F.relu(x)
            else:
                x = F.max_pool2d(x, kernel, stride, padding=kernel // 2)
        return x


class Estimator(nn.Module):
    """E of l_label: (b,C,H,W) -> (b,k), the estimator of any labels. Stages of a convolution, ReLU and a max-pool halve
    the maps until the shorter side is below 8. Images of 8 to 127 pixels on the shorter side only."""

    def __init__(self, shape: tuple[int, ...], labels: int) -> None:
        super().__init__()
        inputs, height, width = shape[-3:]
        if not 8 <= min(height, width) < 128:
            raise ValueError(f"images of {height}x{width}: the first stage would be another")
        self.stages = 0
        while min(height, width) >= 8:
            maps = min(32 << self.stages, 128)
            self.stages += 1
            self.add_module(f"conv{self.stages}", conv(inputs, maps, 3))
            inputs, height, width = maps, height // 2, width // 2
        self.fc1 = nn.Linear(inputs * height * width, 256)
        self.fc2 = nn.Linear(256, labels)

    def forward(self, x: Tensor) -> Tensor:
        for stage in range(1, self.stages + 1):
            x = F.max_pool2d(F.relu(self.get_submodule(f"conv{stage}")(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


# ------------------------------------------------------------------------------------------------------ losses


def exact(x: Tensor) -> Tensor:
    """Converts bfloat16 to float32: losses are not computed in bfloat16."""
    return x.float() if x.dtype == torch.bfloat16 else x


def cross_entropy(logits: Tensor, label: int) -> Tensor:
    """-log softmax(logits)[label] over the class axis: summed over the patches, averaged over the images."""
    return -F.log_softmax(exact(logits), dim=1)[:, label].sum() / len(logits)


def discriminator_loss(d: nn.Module, refined: Tensor, real: Tensor) -> Tensor:
    """Equation (2): the mean over the refined images plus the mean over the real ones."""
    return cross_entropy(d(refined), REFINED) + cross_entropy(d(real), REAL)


def realism_loss(d: nn.Module, refined: Tensor) -> Tensor:
    """Equation (3), l_real: D should judge the refined images real."""
    return cross_entropy(d(refined), REAL)


Psi = Callable[[Tensor], list[Tensor]]
PSI: dict[str, Psi] = {
    "identity": lambda x: [x],
    # Differences of horizontal and of vertical neighbours, nothing padded.
    "derivatives": lambda x: [x[..., :, 1:] - x[..., :, :-1], x[..., 1:, :] - x[..., :-1, :]],
    "channel_mean": lambda x: [x.mean(dim=1)],
}


def regularisation_loss(psi: str, refined: Tensor, x: Tensor) -> Tensor:
    """l_reg = lambda |psi(R(x)) - psi(x)|_1: summed over psi's elements, averaged over the images."""
    pairs = zip(PSI[psi](exact(refined)), PSI[psi](x), strict=True)
    return LAMBDA * sum((after - before).abs().sum() for after, before in pairs) / len(x)


def r1_penalty(d: nn.Module, y: Tensor) -> Tensor:
    """R1, an addition to the paper: 0.1 * mean over the images of |gradient|^2. The gradient with respect to the image
    is that of the log-odds of "real", logit_real - logit_refined, summed over the patches. The factor is the plain 0.1,
    not gamma / 2."""
    y = y.clone().requires_grad_(True)
    logits = d(y)
    log_odds = (logits[:, REAL] - logits[:, REFINED]).sum()
    (gradient,) = torch.autograd.grad(log_odds, y, create_graph=True)
    return 0.1 * gradient.square().sum() / len(y)


def label_loss(d: nn.Module, e: nn.Module, refined: Tensor, x: Tensor) -> Tensor:
    """l_label = agreement P |E(R(x)) - E(x)|_2 / sqrt(k), averaged over the images. E(x) is a constant. P is the number
    of D's patches."""
    with torch.no_grad():
        want, patches = e(x), d(x)[0, 0].numel()
    distances = torch.linalg.vector_norm(e(refined) - want, dim=1)
    return AGREEMENT * patches * distances.mean() / math.sqrt(want.shape[1])


def diversity_loss(d: nn.Module, first: Tensor, second: Tensor) -> Tensor:
    """l_div = -diversity P mean of m (1 - exp(-|difference| / m)) over cells and pairs; m = 0.3. first and second hold
    the two refined images of each pair. A cell is a channel's mean over a square whose side is a seventh of the image's
    shorter side, rounded down. Squares begin at the top left; rows and columns that fill none do not count."""
    side, m = min(first.shape[-2:]) // 7, 0.3
    with torch.no_grad():
        patches = d(first)[0, 0].numel()
    apart = (F.avg_pool2d(first, side) - F.avg_pool2d(second, side)).abs()  # avg_pool2d leaves the rest out
    return -DIVERSITY * patches * (m * (1 - torch.exp(-apart / m))).mean()


# ------------------------------------------------------------------------------------------------- Algorithm 1

# The optimizer of R (i = 0) or of D (i = 1). SGD is plain: no momentum, no decay. Fused: one kernel for all weights.
OPTIMIZERS: dict[str, Callable[[nn.Module, int, bool], torch.optim.Optimizer]] = {
    "sgd": lambda module, i, fused: torch.optim.SGD(module.parameters(), lr=1e-3, fused=fused),
    "adam": lambda module, i, fused: torch.optim.Adam(module.parameters(), lr=(5e-4, 2e-4)[i], betas=(0.5, 0.999),
                                                      eps=1e-8, fused=fused),
}  # fmt: skip


class Trainer:
    """The two kinds of steps of Algorithm 1, each with its own optimizer."""

    def __init__(self, r: nn.Module, d: nn.Module, psi: str, optimizer: str, autocast: str | None = None,
                 fused: bool = False) -> None:  # fmt: skip
        self.r, self.d, self.psi, self.autocast = r, d, psi, autocast
        self.optimizer_r, self.optimizer_d = (OPTIMIZERS[optimizer](m, i, fused) for i, m in enumerate((r, d)))

    def compile(self) -> None:
        """Compiles each step up to its loss, with its gradients: networks and losses are one function."""
        for name in ("refine", "loss_r", "loss_d"):
            compiled = torch.compile(getattr(self, name), mode="max-autotune", fullgraph=True, dynamic=False)
            setattr(self, name, compiled)

    def mixed(self) -> torch.autocast:
        """bfloat16 arithmetic over float32 weights, if asked for."""
        return torch.autocast(self.autocast or "cpu", torch.bfloat16, enabled=self.autocast is not None)

    def refine(self, x: Tensor) -> Tensor:
        """R(x) for D: no gradient reaches R."""
        with torch.no_grad(), self.mixed():
            return self.r(x).to(x.dtype)

    def loss_r(self, x: Tensor) -> Tensor:
        """L_R, equation (4)."""
        with self.mixed():
            refined = self.r(x)
            return realism_loss(self.d, refined) + regularisation_loss(self.psi, refined, x)

    def loss_d(self, refined: Tensor, y: Tensor) -> Tensor:
        """L_D, equation (2). On a GPU D takes all images as one batch, which is faster."""
        with self.mixed():
            if not refined.is_cuda:
                return discriminator_loss(self.d, refined, y)
            on_refined, on_real = self.d(torch.cat((refined, y))).chunk(2)
            return cross_entropy(on_refined, REFINED) + cross_entropy(on_real, REAL)

    def step_r(self, x: Tensor) -> Tensor:
        """One step on L_R, D fixed; returns the loss before the update."""
        torch.compiler.cudagraph_mark_step_begin()
        self.d.requires_grad_(False)
        loss = descend(self.loss_r(x), self.optimizer_r)
        self.d.requires_grad_(True)
        return loss

    def step_d(self, x: Tensor, y: Tensor) -> Tensor:
        """One step on L_D, R fixed; returns the loss before the update."""
        torch.compiler.cudagraph_mark_step_begin()
        return self.judge(self.refine(x), y)

    def judge(self, refined: Tensor, y: Tensor) -> Tensor:
        """step_d's step for images that are refined already, which carry no gradient."""
        return descend(self.loss_d(refined, y), self.optimizer_d)

    def iterate(self, xs: list[Tensor], y: Tensor) -> list[Tensor]:
        """One iteration without a history: xs holds K_g + K_d synthetic batches."""
        losses = [self.step_r(x) for x in xs[:K_G]]
        return losses + [self.step_d(x, y) for x in xs[K_G:]]


class LabelTrainer(Trainer):
    """Algorithm 1 with noise, l_label and l_div. A step of R refines the first half of its batch twice: L_R is that of
    the b refined images. Every refinement draws its noise from the generator, b x 1 x H x W at once."""

    def __init__(self, r: nn.Module, d: nn.Module, e: nn.Module, optimizer: str, noise: torch.Generator) -> None:
        super().__init__(r, d, "identity", optimizer)
        self.e, self.noise = e, noise

    def refine(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            return self.r(x, normal(self.noise, x))

    def loss_r(self, x: Tensor) -> Tensor:
        return sum(losses_of_twice(self.r, self.d, self.e, x, normal(self.noise, x)).values())


def losses_of_twice(r: nn.Module, d: nn.Module, e: nn.Module, x: Tensor, z: Tensor) -> dict[str, Tensor]:
    """The terms of L_R with l_div: the first half of x, refined with the first half of z and again with the second."""
    half = len(x) // 2
    x = torch.cat((x[:half], x[:half]))
    refined = r(x, z)
    return {"l_real": realism_loss(d, refined), "l_reg": regularisation_loss("identity", refined, x),
            "l_label": label_loss(d, e, refined, x),
            "l_div": diversity_loss(d, refined[:half], refined[half:])}  # fmt: skip


def descend(loss: Tensor, optimizer: torch.optim.Optimizer) -> Tensor:
    """One update; returns a copy of the loss, because a compiled step reuses the loss's memory."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach().clone()


# ------------------------------------------------------------------------------------------------------ golden

Tensors = dict[str, Tensor]


def uniform(generator: torch.Generator, *shape: int, dtype: torch.dtype) -> Tensor:
    """Pixels in [-1,1]: float32 numbers in any dtype of the case."""
    return (torch.rand(shape, generator=generator) * 2 - 1).to(dtype)


def normal(generator: torch.Generator, x: Tensor) -> Tensor:
    """Noise for the images x: one channel, N(0,1) per pixel. Float32 numbers in any dtype of the case."""
    return torch.randn((len(x), 1, *x.shape[2:]), generator=generator).to(x.dtype)


def randomise(module: nn.Module, generator: torch.Generator) -> None:
    """Kaiming-normal weights and biases of deviation 0.05, so that an ignored bias shows."""
    for parameter in module.parameters():
        scale = math.sqrt(2 / parameter[0].numel()) if parameter.dim() > 1 else 0.05
        parameter.data = (torch.randn(parameter.shape, generator=generator) * scale).to(parameter.dtype)


def formula(module: nn.Module) -> None:
    """Weights 0.05 sin(0.37 i + t) and biases 0.01 cos(0.53 i + t): flat index i, tensor number t; in float64, then
    rounded to float32."""
    for t, parameter in enumerate(module.parameters()):
        i = torch.arange(parameter.numel(), dtype=torch.float64)
        values = 0.05 * torch.sin(0.37 * i + t) if parameter.dim() > 1 else 0.01 * torch.cos(0.53 * i + t)
        parameter.data = values.float().to(parameter.dtype).reshape(parameter.shape)


def hashed(module: nn.Module) -> None:
    """Weights and biases that look random, and that both sides compute: tensor number t has at flat index i the number
    u in [-1,1) whose 24 bits are the upper ones of a hash of i + 2^24 t, times sqrt(6 / fan-in), or 0.05 for biases; in
    float64, then rounded to float32. The file of E's weights would have 3 MB."""
    for t, parameter in enumerate(module.parameters()):
        h = torch.arange(parameter.numel(), dtype=torch.int64) + (t << 24)
        for factor in (0x9E3779B1, 0x85EBCA6B):
            h = (h * factor) & 0xFFFFFFFF
            h ^= h >> 15
        u = (h >> 8).double() / 2**23 - 1
        scale = math.sqrt(6 / parameter[0].numel()) if parameter.dim() > 1 else 0.05
        parameter.data = (u * scale).float().to(parameter.dtype).reshape(parameter.shape)


def named(prefix: str, module: nn.Module) -> Tensors:
    """Copies of a module's weights under prefix."""
    return {prefix + name: value.detach().clone() for name, value in module.named_parameters()}


def gradients(prefix: str, loss: Tensor, module: nn.Module) -> Tensors:
    """The gradient of loss by every weight of module; zeros if loss does not depend on the weight."""
    values = torch.autograd.grad(loss, list(module.parameters()), allow_unused=True, materialize_grads=True)
    return {prefix + name: value for (name, _), value in zip(module.named_parameters(), values, strict=True)}


Small = tuple[Refiner, Discriminator, Tensors]


def small_case(seed: int, padding: str, shape: tuple[int, ...], dtype: torch.dtype, noise: bool = False) -> Small:
    """The small networks, R of width 6 with one block and D with a tenth of the maps (10, 6, 3, 3, 2), and the tensors
    of every small file: their weights, and inputs x and y of the given shape."""
    generator = torch.Generator().manual_seed(seed)
    r = Refiner(shape[-3], 6, 1, padding=padding, noise=noise).to(dtype)
    d = Discriminator(shape[-3], GAZE_D, 0.1).to(dtype)
    randomise(r, generator)
    randomise(d, generator)
    x, y = (uniform(generator, *shape, dtype=dtype) for _ in range(2))
    return r, d, {"x": x, "y": y, **named("R.", r), **named("D.", d)}


def losses_and_gradients(r: nn.Module, d: nn.Module, psi: str, x: Tensor, y: Tensor) -> Tensors:
    """The three losses, grad_R of l_real + l_reg and grad_D of L_D (on R(x) detached and y)."""
    refined = r(x)
    l_real, l_reg = realism_loss(d, refined), regularisation_loss(psi, refined, x)
    l_d = discriminator_loss(d, refined.detach(), y)
    return {"refined": refined, "l_real": l_real, "l_reg": l_reg, "L_D": l_d,
            **gradients("grad_R.", l_real + l_reg, r), **gradients("grad_D.", l_d, d)}  # fmt: skip


def static_case(seed: int, padding: str, psi: str, shape: tuple[int, ...], dtype: torch.dtype) -> Tensors:
    """Small networks and random images: losses and gradients."""
    r, d, tensors = small_case(seed, padding, shape, dtype)
    return {**tensors, **losses_and_gradients(r, d, psi, tensors["x"], tensors["y"])}


def paper_case(r: Refiner, d: Discriminator, shape: tuple[int, ...], keep: int | None, dtype: torch.dtype) -> Tensors:
    """Full-size networks with weights and inputs (x = sin 0.011 i, y = cos 0.013 i) from formulas; of each gradient
    the first 16 values and the L2 norm, of refined the first `keep` values."""
    r, d = r.to(dtype), d.to(dtype)
    formula(r)
    formula(d)
    i = torch.arange(math.prod(shape), dtype=torch.float64).reshape(shape)
    x, y = torch.sin(0.011 * i).float().to(dtype), torch.cos(0.013 * i).float().to(dtype)
    tensors = losses_and_gradients(r, d, "identity", x, y)
    if keep is not None:
        tensors["refined"] = tensors["refined"].flatten()[:keep]
    for name in [name for name in tensors if name.startswith("grad_")]:
        tensors["norm_" + name] = tensors[name].double().norm()
        tensors[name] = tensors[name].flatten()[:16]
    return tensors


def r1_case(seed: int, dtype: torch.dtype) -> Tensors:
    """The penalty of r1_penalty on y and its gradient. The biases' gradient is zero, because D is piecewise linear.
    x is unused."""
    _, d, tensors = small_case(seed, "replicate", GAZE, dtype)
    penalty = r1_penalty(d, tensors["y"])
    return {**tensors, "penalty": penalty, **gradients("grad_D.", penalty, d)}


def steps_case(seed: int, optimizer: str, dtype: torch.dtype) -> Tensors:
    """Ten iterations on the same x and y without a history. losses: R's two, then L_D, each before its update."""
    r, d, tensors = small_case(seed, "replicate", GAZE, dtype)
    trainer, xs = Trainer(r, d, "identity", optimizer), [tensors["x"]] * (K_G + K_D)
    losses = torch.stack([torch.stack(trainer.iterate(xs, tensors["y"])) for _ in range(10)])
    return {**tensors, "losses": losses, **named("final_R.", r), **named("final_D.", d)}


def history_case(seed: int, dtype: torch.dtype) -> Tensors:
    """Ten Adam iterations with a history of B = 8 images and an average of R's weights.

    D's step refines its b synthetic images with the current R. D sees the first b/2 of them, then b/2 images of the
    history, the slots choice_draw[i] (distinct; drawn before the history changes). As long as the history holds fewer
    than b/2 images (here: iteration 0, empty, choice_draw[0] = -1) D sees all b fresh ones. After D's step the first
    b/2 fresh images, those D saw, are written to the slots choice_replace[i], in that order: the next free slots until
    the history is full (iterations 0 to 3), then distinct random slots.

    After every step of R: ema_R = 0.9 ema_R + 0.1 R, starting from R's first weights. ema_R is written out, never used.
    """
    b, capacity, decay, iterations = 4, 8, 0.9, 10
    half = b // 2
    r, d, tensors = small_case(seed, "replicate", GAZE, dtype)
    generator = torch.Generator().manual_seed(seed + 1)
    x = uniform(generator, iterations * (K_G + K_D), b, *GAZE[1:], dtype=dtype)
    y = uniform(generator, iterations, b, *GAZE[1:], dtype=dtype)
    trainer, average = Trainer(r, d, "identity", "adam"), named("ema_R.", r)
    history, held, losses, drawn, replaced = torch.zeros(capacity, *GAZE[1:], dtype=dtype), 0, [], [], []
    for t in range(iterations):
        x1, x2, x3 = x[3 * t : 3 * t + 3]
        for batch in (x1, x2):
            losses.append(trainer.step_r(batch))
            for name, value in named("ema_R.", r).items():
                average[name] = decay * average[name] + (1 - decay) * value

        fresh = trainer.refine(x3)
        draw = torch.randperm(held, generator=generator)[:half] if held >= half else torch.full((half,), -1)
        seen = torch.cat([fresh[:half], history[draw]]) if held >= half else fresh
        losses.append(trainer.judge(seen, y[t]))

        free = torch.arange(held, held + half)
        replace = free if held < capacity else torch.randperm(capacity, generator=generator)[:half]
        history[replace] = fresh[:half]
        held = min(held + half, capacity)
        drawn.append(draw)
        replaced.append(replace)
    choices = {"choice_draw": torch.stack(drawn), "choice_replace": torch.stack(replaced), "history": history}
    losses_by_iteration = torch.stack(losses).reshape(iterations, K_G + K_D)
    final = {**named("final_R.", r), **named("final_D.", d), **average}
    return {**tensors, "x": x, "y": y, "losses": losses_by_iteration, **choices, **final}


def estimator_of(shape: tuple[int, ...], dtype: torch.dtype) -> Estimator:
    """E for LABELS labels of images of the shape, frozen, with the weights of hashed."""
    e = Estimator(shape, LABELS).to(dtype)
    hashed(e)
    return e.requires_grad_(False)


def label_case(seed: int, shape: tuple[int, ...], dtype: torch.dtype) -> Tensors:
    """l_label of four refined images; l_div of two pairs; and L_R of two pairs with both. Each with R's gradients. The
    noise z is what a generator of seed noise_seed draws first."""
    r, d, tensors = small_case(seed, "replicate", shape, dtype, noise=True)
    e, x = estimator_of(shape, dtype), tensors["x"]
    z = normal(torch.Generator().manual_seed(seed + 1), x)
    results = {"noise_seed": torch.tensor(seed + 1), "z": z, "labels": e(x)}
    for name, loss in (("l_label", label_loss(d, e, r(x, z), x)),
                       ("l_div", losses_of_twice(r, d, e, x, z)["l_div"]),
                       ("L_R", sum(losses_of_twice(r, d, e, x, z).values()))):  # fmt: skip
        results.update({name: loss, **gradients(f"grad_{name}.", loss, r)})
    return {**tensors, **results}


def label_steps_case(seed: int, optimizer: str, dtype: torch.dtype) -> Tensors:
    """Ten iterations on the same x and y with noise, l_label and l_div, as steps_case."""
    r, d, tensors = small_case(seed, "replicate", GAZE, dtype, noise=True)
    trainer = LabelTrainer(r, d, estimator_of(GAZE, dtype), optimizer, torch.Generator().manual_seed(seed + 1))
    xs = [tensors["x"]] * (K_G + K_D)
    losses = torch.stack([torch.stack(trainer.iterate(xs, tensors["y"])) for _ in range(10)])
    final = {**named("final_R.", r), **named("final_D.", d)}
    return {**tensors, "noise_seed": torch.tensor(seed + 1), "losses": losses, **final}


def golden_cases(dtype: torch.dtype) -> Iterator[tuple[str, Tensors]]:
    """Every case by its name. With these seeds no unit of R or D is dead and float32 stays near float64."""
    yield "zeros_identity", static_case(30, "zeros", "identity", GAZE, dtype)
    yield "reflect_identity", static_case(19, "reflect", "identity", GAZE, dtype)
    yield "replicate_derivatives", static_case(24, "replicate", "derivatives", GAZE, dtype)
    yield "replicate_channel_mean", static_case(26, "replicate", "channel_mean", SMALL_COLOUR, dtype)
    yield "gaze_paper", paper_case(Refiner(1, 64, 4), Discriminator(1, GAZE_D), (2, 1, 35, 55), None, dtype)
    hand = Refiner(1, 64, 10, kernel=7)
    yield "hand_paper", paper_case(hand, Discriminator(1, HAND_D), (1, 1, 224, 224), 4096, dtype)
    yield "r1", r1_case(30, dtype)
    yield "steps_sgd", steps_case(15, "sgd", dtype)
    yield "steps_adam", steps_case(10, "adam", dtype)
    yield "steps_history_ema", history_case(30, dtype)
    yield "label_diversity", label_case(13, GAZE, dtype)
    yield "label_diversity_colour", label_case(13, UNEVEN_COLOUR, dtype)
    yield "steps_label_diversity", label_steps_case(13, "adam", dtype)


def run_golden(options: argparse.Namespace) -> None:
    """Writes every case to out/NAME.safetensors; float32, scalars as shape (1,)."""
    from safetensors.torch import save_file  # bench must run without it

    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    for name, tensors in golden_cases(getattr(torch, options.precision)):
        flat = {key: torch.atleast_1d(value.detach().float()).contiguous() for key, value in tensors.items()}
        path = options.out / f"{name}.safetensors"
        save_file(flat, path)
        print(f"{path}: {len(flat)} tensors, {path.stat().st_size / 1024:.1f} KiB")


# ------------------------------------------------------------------------------------------------------- bench


def median_seconds(times: int, device: str, work: Callable[[], object]) -> float:
    """The median time of work. The clock stops after work has ended on the device."""
    synchronise = torch.cuda.synchronize if device == "cuda" else lambda: None
    seconds = []
    for _ in range(times):
        synchronise()
        start = time.perf_counter()
        work()
        synchronise()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def noise(count: int, shape: tuple[int, ...], device: str) -> list[Tensor]:
    """Images of 8-bit levels that look random, the upper byte of 2654435761 i mod 2^32, as level * (2 / 255) - 1."""
    i = torch.arange(count * math.prod(shape), dtype=torch.int64)
    levels = ((i * 2654435761) & 0xFFFFFFFF) >> 24
    images = levels.float() * torch.tensor(2 / 255, dtype=torch.float32) - 1
    return list(images.to(device).reshape(count, *shape))


def first_losses(trainer: Trainer, xs: list[Tensor], y: Tensor, exact_float32: bool) -> list[float]:
    """The losses of the steps of two iterations, in order. If exact_float32, a GPU uses no TF32."""
    allowed = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = allowed and not exact_float32
    losses = [loss.item() for _ in range(2) for loss in trainer.iterate(xs, y)]
    torch.backends.cudnn.allow_tf32 = allowed
    return losses


def sustain(seconds: float, work: Callable[[], object]) -> tuple[float, float, float]:
    """Runs work back to back on the GPU. Returns the start and the end in Unix seconds, and the mean time per call."""
    torch.cuda.synchronize()
    start, n = time.time(), 0
    while time.time() - start < seconds:
        work()
        n += 1
        if n % 20 == 0:  # or the host would run minutes ahead
            torch.cuda.synchronize()
    torch.cuda.synchronize()
    end = time.time()
    return start, end, (end - start) / n


def run_bench(options: argparse.Namespace) -> None:
    """Reports the losses of a training's first steps, and times iterations of Algorithm 1 without a history. The
    batches are on the device already."""
    torch.set_num_threads(options.threads or torch.get_num_threads())
    torch.backends.cudnn.benchmark = True
    device, cuda = options.device, options.device == "cuda"
    layout = torch.channels_last if options.channels_last else torch.contiguous_format
    r: nn.Module = Refiner(options.channels, options.width, options.blocks, options.kernel, options.padding,
                           options.block_kernel)  # fmt: skip
    table = {"gaze": GAZE_D, "hand": HAND_D}[options.discriminator]
    d: nn.Module = Discriminator(options.channels, table, options.discriminator_width)
    formula(r)
    formula(d)
    if options.compile and options.padding == "replicate":
        for module in r.modules():
            if isinstance(module, nn.Conv2d) and module.padding_mode == "replicate":
                module.__class__ = ReplicateConv
    r, d = (module.to(device=device, memory_format=layout) for module in (r, d))
    shape = (options.batch, options.channels, options.height, options.width_pixels)
    *xs, y = (x.to(memory_format=layout) for x in noise(K_G + K_D + 1, shape, device))
    trainer = Trainer(r, d, "identity", options.optimizer, device if options.precision == "bfloat16" else None, True)
    if options.compile:
        trainer.compile()

    losses = [] if options.unchecked else first_losses(trainer, xs, y, options.precision == "float32")
    for _ in range(options.warm_up):
        trainer.iterate(xs, y)
    if cuda:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    r_step = median_seconds(options.iterations, device, lambda: trainer.step_r(xs[0]))
    d_step = median_seconds(options.iterations, device, lambda: trainer.step_d(xs[-1], y))
    result: dict[str, object] = {"losses": losses, "seconds_r_step": r_step, "seconds_d_step": d_step}
    if cuda:
        result["from"], result["to"], iteration = sustain(5, lambda: trainer.iterate(xs, y))
    else:
        iteration = median_seconds(options.iterations, device, lambda: trainer.iterate(xs, y))
    # GPU: the most held since the warm-up, pools of CUDA graphs included. CPU: the most this process ever had resident.
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    peak = torch.cuda.max_memory_reserved() if cuda else resident
    result.update(seconds_iteration=iteration, images_per_second=(K_G + K_D) * options.batch / iteration)
    result.update(peak_memory_bytes=peak)
    result.update({key: value for key, value in vars(options).items() if key != "command"})
    result.update(threads=torch.get_num_threads(), k_g=K_G, k_d=K_D, history=0, psi="identity", **{"lambda": LAMBDA})
    result.update(torch=torch.__version__, cudnn_benchmark=True, cudnn_tf32=torch.backends.cudnn.allow_tf32)
    result.update(device_name=torch.cuda.get_device_name() if cuda else "cpu")
    print(json.dumps(result))


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    golden = commands.add_parser("golden", help="write the golden files")
    golden.add_argument("--out", type=Path, required=True)
    golden.add_argument("--precision", choices=("float32", "float64"), default="float32", help="of the arithmetic")
    bench = commands.add_parser("bench", help="time iterations", formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    for name, default in (("batch", 32), ("width", 64), ("blocks", 4), ("channels", 1), ("height", 35),
                          ("width-pixels", 55), ("kernel", 3), ("block-kernel", 3), ("iterations", 10),
                          ("warm-up", 2)):  # fmt: skip
        bench.add_argument(f"--{name}", type=int, default=default)
    bench.add_argument("--threads", type=int, default=0, help="0: torch chooses")
    bench.add_argument("--padding", choices=("zeros", "reflect", "replicate"), default="replicate")
    bench.add_argument("--optimizer", choices=("sgd", "adam"), default="adam")
    bench.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    bench.add_argument("--noise", choices=("none",), default="none", help="the script has no noise")
    bench.add_argument("--discriminator", choices=("gaze", "hand"), default="gaze", help="D's table")
    bench.add_argument("--discriminator-width", type=float, default=1.0, help="factor on D's maps")
    bench.add_argument("--channels-last", action="store_true")
    bench.add_argument("--unchecked", action="store_true", help="leave out the losses of the first steps")
    bench.add_argument("--compile", action="store_true", help="networks and losses: torch.compile(mode='max-autotune')")
    bench.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    options = parser.parse_args()
    if options.command == "golden":
        run_golden(options)
        return
    run_bench(options)


if __name__ == "__main__":
    main()

"""Fits of PyTorch on windows of rows, reproducible by seed: one thread, deterministic algorithms."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..errors import JobError, bad_job
from .torch_network import Network, Shape, make_encoder
from .torch_params import CLASSES, DeepParams, Device
from .torch_steps import Steps

#: Called with the share (0 to 1) of the epochs that are done.
OnFraction = Callable[[float], None]
#: Share of the return's squared error, in multiples of its spread, beside the log loss of the classes.
RETURN_WEIGHT = 0.2
#: Steps of an increment are smaller: the weights are already where they should be, but for the newest rows.
CONTINUED_RATE = 0.2
#: Longest step that one batch may cause (norm of the gradient).
MAX_GRADIENT = 1.0
#: Windows that are answered at once; more need more memory.
ANSWERED_ROWS = 128


@dataclass(frozen=True)
class Part:
    """Windows that end in `ends`, which are rows of `features` float32 (rows, columns)."""

    features: Tensor
    ends: Tensor
    labels: Tensor
    returns: Tensor

    def __len__(self) -> int:
        return len(self.ends)


@dataclass(frozen=True)
class Fit:
    network: Network
    #: Epochs that the network has learnt for.
    epochs: int
    #: Log loss of the classes in nat, weighted by the class weights where there are any.
    train_loss: float
    validation_loss: float | None


@dataclass(frozen=True)
class Fitting:
    """How to fit, whatever rows."""

    params: DeepParams
    seed: int
    class_weights: tuple[float, ...] | None
    device: torch.device
    #: Windows of an epoch, others each time; all of them where None.
    epoch_windows: int | None = None
    #: Batches that make one step, one after the other: memory is that of one.
    batches: int = 1


def find_device(asked: Device) -> torch.device:
    """Raises JobError `bad_job` where a graphics card is asked for and not there."""
    has_card = torch.cuda.is_available()
    if asked == "cuda" and not has_card:
        raise bad_job(
            "params.device: TRAIN_DEVICE=cuda, and PyTorch finds no graphics card here:"
            " set TRAIN_DEVICE=auto or cpu, or install a build of PyTorch for the card"
        )
    return torch.device("cuda" if has_card and asked != "cpu" else "cpu")


def settle_torch(seed: int) -> None:
    """The same numbers each time: seeds, one thread, no algorithm that adds up in any order."""
    torch.set_num_threads(1)
    # The same as `use_deterministic_algorithms(True)`, which imports the compiler first.
    torch.set_deterministic_debug_mode("error")
    torch.manual_seed(seed)


def new_network(bot: str, columns: int, fitting: Fitting) -> Network:
    """One that has learnt nothing yet, by the seed, on the processor."""
    settle_torch(fitting.seed)
    params = fitting.params
    shape = Shape(params.window_rows, columns, params.width)
    return Network(make_encoder(bot, shape, params.dropout), shape, params.dropout)


def fit_judged(
    network: Network,
    fitting: Fitting,
    parts: tuple[Part, Part],
    on_fraction: OnFraction,
    may_stay: bool = False,
) -> Fit:
    """Learns from the first part and stops by the second; keeps the weights of its best epoch.

    A network that may stay as it is keeps its first weights where no epoch makes it better.
    """
    train, validation = parts
    params, best, kept = fitting.params, float("inf"), None
    if may_stay:
        best, class_loss = _losses(network, fitting, validation)
        kept = (0, class_loss, copy.deepcopy(network.state_dict()))
    epochs = _Epochs(network, fitting, train)
    for epoch in range(1, params.epochs + 1):
        epochs.run()
        loss, class_loss = _losses(network, fitting, validation)
        if loss < best:
            best, kept = loss, (epoch, class_loss, copy.deepcopy(network.state_dict()))
        on_fraction(epoch / params.epochs)
        if kept is not None and epoch - kept[0] >= params.patience:
            break
    if kept is None:
        raise JobError("internal", "the fit diverged: no epoch had a loss that is a number")
    count, class_loss, weights = kept
    network.load_state_dict(weights)
    return Fit(network, count, _losses(network, fitting, train)[1], class_loss)


def fit_fixed(
    network: Network,
    fitting: Fitting,
    part: Part,
    epochs: int,
    on_fraction: OnFraction,
) -> Fit:
    """Learns for a given number of epochs."""
    return _run(_Epochs(network, fitting, part), epochs, on_fraction)


def continue_fit(
    network: Network,
    fitting: Fitting,
    part: Part,
    epochs: int,
    on_fraction: OnFraction,
) -> Fit:
    """The same from weights that have learnt before, by smaller steps."""
    return _run(_Epochs(network, fitting, part, CONTINUED_RATE), epochs, on_fraction)


def _run(runs: _Epochs, epochs: int, on_fraction: OnFraction) -> Fit:
    for epoch in range(1, epochs + 1):
        runs.run()
        on_fraction(epoch / epochs)
    loss = _losses(runs.network, runs.fitting, runs.part)[1]
    if not np.isfinite(loss):
        raise JobError("internal", "the fit diverged: its loss is not a number")
    return Fit(runs.network, epochs, loss, None)


def predict(network: Network, device: torch.device, part: Part) -> np.ndarray:
    """Float32 (windows, CLASSES + 1): probabilities in the order of the labels, then the log return."""
    network.eval()
    answers = [np.empty((0, CLASSES + 1), dtype="<f4")]
    with torch.no_grad():
        for some in part.ends.split(ANSWERED_ROWS):
            logits, returns = network(windows_of(network, part.features, some).to(device))
            both = torch.cat([logits.softmax(1), returns[:, None]], dim=1)
            answers.append(both.cpu().numpy().astype("<f4"))
    return np.concatenate(answers)


def saliency(network: Network, device: torch.device, part: Part) -> np.ndarray:
    """Of each feature: how far BUY against SELL moves with it, in its own deviations; the sum is 100."""
    network.eval()
    ends = part.ends[-ANSWERED_ROWS:]
    windows = windows_of(network, part.features, ends).to(device).requires_grad_(True)
    # A recurrent layer keeps what its gradient needs only while it is being fitted.
    network.encoder.train()
    logits, _ = network(windows)
    (logits[:, 2] - logits[:, 0]).sum().backward()
    network.eval()
    moved = (windows.grad / network.scale).abs().sum(dim=1).mean(dim=0).cpu().double().numpy()
    return 100 * moved / moved.sum() if moved.sum() > 0 else moved


class _Epochs:
    """Passes over the windows of a part, each in an order of its own."""

    def __init__(self, network: Network, fitting: Fitting, part: Part, rate: float = 1.0) -> None:
        params = fitting.params
        self.network, self.fitting, self.part = network, fitting, part
        self._order = torch.Generator().manual_seed(fitting.seed)
        self._weights = _weights(fitting)
        rate = params.learning_rate * rate
        self._steps = Steps(network.parameters(), rate, params.weight_decay)

    def run(self) -> None:
        rows = self.fitting.params.batch_rows
        self.network.train()
        part = self.part
        order = torch.randperm(len(part), generator=self._order)[: self.fitting.epoch_windows]
        for some in order.split(rows * self.fitting.batches):
            shares = ((len(few) / len(some)) * self._loss_of(few) for few in some.split(rows))
            self._steps.take(shares, MAX_GRADIENT)

    def _loss_of(self, some: Tensor) -> Tensor:
        part, device = self.part, self.fitting.device
        windows = windows_of(self.network, part.features, part.ends[some]).to(device)
        answers = self.network.heads(windows)
        truths = part.labels[some].to(device), part.returns[some].to(device)
        return _loss(self.network, answers, truths, self._weights)[0]


def _losses(network: Network, fitting: Fitting, part: Part) -> tuple[float, float]:
    """Of a whole part: what is minimised, and the log loss of the classes alone."""
    network.eval()
    answers: list[tuple[Tensor, Tensor]] = []
    with torch.no_grad():
        for some in part.ends.split(ANSWERED_ROWS):
            answers.append(network.heads(windows_of(network, part.features, some).to(fitting.device)))
        logits, returns = (torch.cat(values) for values in zip(*answers))
        truths = part.labels.to(fitting.device), part.returns.to(fitting.device)
        loss, class_loss = _loss(network, (logits, returns), truths, _weights(fitting))
    return float(loss), float(class_loss)


def _loss(
    network: Network,
    answers: tuple[Tensor, Tensor],
    truths: tuple[Tensor, Tensor],
    weights: Tensor | None,
) -> tuple[Tensor, Tensor]:
    (logits, scaled), (labels, returns) = answers, truths
    class_loss = functional.cross_entropy(logits, labels, weight=weights)
    error = functional.mse_loss(scaled, returns / network.return_scale)
    return class_loss + RETURN_WEIGHT * error, class_loss


def _weights(fitting: Fitting) -> Tensor | None:
    if fitting.class_weights is None:
        return None
    return torch.tensor(fitting.class_weights, dtype=torch.float32, device=fitting.device)


def windows_of(network: Network, features: Tensor, ends: Tensor) -> Tensor:
    """Copies the rows of some windows: (windows, rows, columns)."""
    return features[ends[:, None] + network.reach]

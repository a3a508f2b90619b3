"""A residual on a network of many instruments: what one of them adds to the two heads.

The encoder is frozen, so that its states are computed once. The change of the heads is linear in them and adds up
with the heads themselves: the sum is a network like any other.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .torch_fit import ANSWERED_ROWS, Fit, Fitting, OnFraction, Part, fit_fixed, fit_judged, windows_of
from .torch_network import Network
from .torch_params import CLASSES


def fit_residual_judged(
    network: Network, fitting: Fitting, parts: tuple[Part, Part], on_fraction: OnFraction
) -> Fit:
    """Stops early as `fit_judged` does; no epoch at all where none is better than the network alone."""
    residual = _Residual(network)
    states = tuple(_to_states(network, fitting, part) for part in parts)
    fit = fit_judged(residual, fitting, (states[0], states[1]), on_fraction, may_stay=True)
    return residual.join(network, fit)


def fit_residual_fixed(
    network: Network, fitting: Fitting, part: Part, epochs: int, on_fraction: OnFraction
) -> Fit:
    residual = _Residual(network)
    fit = fit_fixed(residual, fitting, _to_states(network, fitting, part), epochs, on_fraction)
    return residual.join(network, fit)


class _Residual(nn.Module):
    """States (windows, 1, width) -> logits and scaled returns; only the change of the heads is learnt.

    Decay pulls the change to zero, which is the network of all instruments.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        width = network.classes.in_features
        self.reach = torch.zeros(1, dtype=torch.int64)
        self.register_buffer("return_scale", network.return_scale.clone())
        for name, head in (("classes", network.classes), ("returns", network.forward_return)):
            self.register_buffer(f"{name}_weight", head.weight.detach().clone())
            self.register_buffer(f"{name}_bias", head.bias.detach().clone())
        self.dropout = nn.Dropout(network.dropout.p)
        self.classes = nn.Linear(width, CLASSES)
        self.forward_return = nn.Linear(width, 1)
        for change in (self.classes, self.forward_return):
            nn.init.zeros_(change.weight)
            nn.init.zeros_(change.bias)
        self.to(network.return_scale.device)

    def heads(self, states: Tensor) -> tuple[Tensor, Tensor]:
        known = states.squeeze(1)
        changed = self.dropout(known)
        logits = functional.linear(known, self.classes_weight, self.classes_bias)
        returns = functional.linear(known, self.returns_weight, self.returns_bias)
        returns = returns + self.forward_return(changed)
        return logits + self.classes(changed), returns.squeeze(-1)

    def join(self, network: Network, fit: Fit) -> Fit:
        """The same fit with the sum for its network."""
        with torch.no_grad():
            for head, change in (
                (network.classes, self.classes),
                (network.forward_return, self.forward_return),
            ):
                head.weight += change.weight
                head.bias += change.bias
        return Fit(network, fit.epochs, fit.train_loss, fit.validation_loss)


def _to_states(network: Network, fitting: Fitting, part: Part) -> Part:
    """The encoder's states of a part's windows, as rows of windows of one row."""
    network.eval()
    states: list[Tensor] = []
    with torch.no_grad():
        for some in part.ends.split(ANSWERED_ROWS):
            states.append(network.state(windows_of(network, part.features, some).to(fitting.device)))
    rows = torch.cat(states).cpu()
    return Part(rows, torch.arange(len(rows)), part.labels, part.returns)

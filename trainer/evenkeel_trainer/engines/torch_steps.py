"""AdamW as PyTorch computes it, without its `Optimizer` class.

Making an `Optimizer` imports PyTorch's compiler, which needs three more packages, a second and a hundred megabytes
for nothing that happens here.
"""

from __future__ import annotations

from typing import Iterable

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


class Steps:
    """The state of one optimisation; Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019."""

    def __init__(self, parameters: Iterable[nn.Parameter], rate: float, decay: float) -> None:
        self._parameters = list(parameters)
        self._rate, self._decay = rate, decay
        self._means = [torch.zeros_like(one) for one in self._parameters]
        self._squares = [torch.zeros_like(one) for one in self._parameters]
        self._counts = [torch.zeros((), device=one.device) for one in self._parameters]

    def take(self, losses: Iterable[Tensor], longest: float) -> None:
        """One step down the sum of the losses, no longer than the norm `longest` of the gradient makes it."""
        for one in self._parameters:
            one.grad = None
        for loss in losses:
            loss.backward()
        nn.utils.clip_grad_norm_(self._parameters, longest, foreach=False)
        # None where a parameter had no part in the loss: it stays as it is.
        gradients = [torch.zeros_like(one) if one.grad is None else one.grad for one in self._parameters]
        with torch.no_grad():
            adamw(
                self._parameters,
                gradients,
                self._means,
                self._squares,
                [],
                self._counts,
                foreach=False,
                amsgrad=False,
                beta1=BETA1,
                beta2=BETA2,
                lr=self._rate,
                weight_decay=self._decay,
                eps=EPSILON,
                maximize=False,
            )

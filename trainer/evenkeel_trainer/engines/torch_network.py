"""What a deep bot is made of: a scaler, an encoder of its own, and two heads.

The scaler is part of the network, so that it is part of the ONNX file too: what reads the file hands in
features as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .torch_params import CLASSES, HEADS

#: Scaled features are cut off here: one wild candle must not decide what a window of them says.
MAX_DEVIATIONS = 8.0


@dataclass(frozen=True)
class Shape:
    #: Of a window.
    rows: int
    columns: int
    #: Of the inner state.
    width: int


@dataclass(frozen=True)
class Scaler:
    """Of each feature its mean and 1 ÷ deviation, and the spread of the returns; float64."""

    offset: Tensor
    scale: Tensor
    return_scale: Tensor


def scaler_of(rows: Tensor, returns: Tensor) -> Scaler:
    deviation, mean = torch.std_mean(rows.double(), dim=0, correction=0)
    spread = returns.double().square().mean().sqrt()
    return Scaler(
        offset=mean,
        scale=1 / torch.where(deviation > 0, deviation, torch.ones_like(deviation)),
        return_scale=torch.where(spread > 0, spread, torch.ones_like(spread)),
    )


class Network(nn.Module):
    """Windows float32 (windows, rows, columns) -> logits (windows, CLASSES), log returns (windows,)."""

    def __init__(self, encoder: nn.Module, shape: Shape, dropout: float) -> None:
        super().__init__()
        columns, width = shape.columns, shape.width
        #: Distances of a window's rows from its last one.
        self.reach = torch.arange(1 - shape.rows, 1)
        self.register_buffer("offset", torch.zeros(columns))
        self.register_buffer("scale", torch.ones(columns))
        #: Deviation of the training part's returns: the return head speaks in multiples of it.
        self.register_buffer("return_scale", torch.ones(1))
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.classes = nn.Linear(width, CLASSES)
        self.forward_return = nn.Linear(width, 1)
        # Begins from the prior and from no change, and learns away from them.
        for head in (self.classes, self.forward_return):
            nn.init.zeros_(head.weight)
            nn.init.zeros_(head.bias)

    def forward(self, windows: Tensor) -> tuple[Tensor, Tensor]:
        logits, scaled = self.heads(windows)
        return logits, scaled * self.return_scale

    def heads(self, windows: Tensor) -> tuple[Tensor, Tensor]:
        """The logits, and the return in multiples of `return_scale`: what the losses are computed on."""
        state = self.dropout(self.state(windows))
        return self.classes(state), self.forward_return(state).squeeze(-1)

    def state(self, windows: Tensor) -> Tensor:
        """What the heads read: (windows, width)."""
        scaled = ((windows - self.offset) * self.scale).clamp(-MAX_DEVIATIONS, MAX_DEVIATIONS)
        return self.encoder(scaled)

    def begin_from(self, rows: Tensor, labels: Tensor, returns: Tensor) -> None:
        """Takes scaler, prior and spread of the returns from rows, which must be of the training part."""
        self.take_scaler(scaler_of(rows, returns))
        self.take_prior(labels)

    def take_scaler(self, scaler: Scaler) -> None:
        self.offset.copy_(scaler.offset)
        self.scale.copy_(scaler.scale)
        self.return_scale.copy_(scaler.return_scale)

    def take_prior(self, labels: Tensor) -> None:
        shares = torch.bincount(labels, minlength=CLASSES).double() / len(labels)
        with torch.no_grad():
            self.classes.bias.copy_(shares.log())


class LstmEncoder(nn.Module):
    """One layer of long short-term memory; its state after the newest row. Each window begins from zero."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.lstm = nn.LSTM(shape.columns, shape.width, batch_first=True)

    def forward(self, windows: Tensor) -> Tensor:
        _, (state, _) = self.lstm(windows)
        return state[-1]


class TransformerEncoder(nn.Module):
    """One layer of attention over patches of rows; the newest patch's state.

    A patch is several rows laid side by side (Nie et al., "A Time Series is Worth 64 Words", 2023): attention
    grows with the square of what it compares, and a patch of four rows makes it a sixteenth. Written out,
    because the library's own layer takes a path in evaluation that ONNX does not have.
    """

    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        width, patch_rows = shape.width, _patch_rows(shape.rows)
        patches = shape.rows // patch_rows
        self.head_width = width // HEADS
        self.embed = nn.Linear(shape.columns * patch_rows, width)
        self.position = nn.Parameter(0.02 * torch.randn(patches, width))
        self.before_attention = nn.LayerNorm(width)
        self.attend = nn.Linear(width, 3 * width)
        self.join = nn.Linear(width, width)
        self.before_mixing = nn.LayerNorm(width)
        self.mix = nn.Sequential(
            nn.Linear(width, 2 * width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(2 * width, width)
        )
        self.after = nn.LayerNorm(width)

    def forward(self, windows: Tensor) -> Tensor:
        patches = windows.reshape(windows.shape[0], len(self.position), -1)
        state = self.embed(patches) + self.position
        state = state + self._attention(self.before_attention(state))
        # Only the newest patch is answered from: the others have said what they have to say.
        newest = state[:, -1]
        return self.after(newest + self.mix(self.before_mixing(newest)))

    def _attention(self, state: Tensor) -> Tensor:
        shape = (state.shape[0], state.shape[1], 3, HEADS, self.head_width)
        query, key, value = self.attend(state).reshape(shape).permute(2, 0, 3, 1, 4).unbind(0)
        weights = (query @ key.transpose(-1, -2) / self.head_width**0.5).softmax(-1)
        joined = (weights @ value).permute(0, 2, 1, 3).reshape(state.shape)
        return self.join(joined)


def make_encoder(bot: str, shape: Shape, dropout: float) -> nn.Module:
    """Of the bot of that name: windows (windows, rows, columns) -> states (windows, width)."""
    return LstmEncoder(shape) if bot == "lstm" else TransformerEncoder(shape, dropout)


def _patch_rows(rows: int) -> int:
    return next(size for size in (4, 3, 2, 1) if rows % size == 0)

"""Parameters of the deep bots: all explicit, refused by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ..fields import Fields

Device = Literal["auto", "cpu", "cuda"]
DEVICES: tuple[Device, ...] = ("auto", "cpu", "cuda")
#: SELL, HOLD and BUY.
CLASSES = 3
#: Of attention; the width of a transformer is a multiple of it.
HEADS = 2
MAX_EPOCHS, MAX_WINDOW_ROWS, MAX_WIDTH, MAX_BATCH_ROWS = 10_000, 48, 1_024, 100_000


@dataclass(frozen=True)
class DeepParams:
    #: Most passes over the training rows.
    epochs: int
    #: Consecutive rows that the model reads to answer for the last of them.
    window_rows: int
    #: Size of the inner state.
    width: int
    learning_rate: float
    #: Shrinks the weights at each step, AdamW's decay.
    weight_decay: float
    #: Share of the inner state that is left out at random while fitting.
    dropout: float
    batch_rows: int
    #: Epochs without progress on the validation part after which the fit stops.
    patience: int
    device: Device


def parse_deep_params(raw: dict[str, Any]) -> DeepParams:
    fields = Fields(raw, "params.")
    params = DeepParams(
        epochs=fields.integer("epochs", 1, MAX_EPOCHS),
        window_rows=fields.integer("window_rows", 2, MAX_WINDOW_ROWS),
        width=fields.integer("width", 2, MAX_WIDTH),
        learning_rate=fields.number("learning_rate", 0, 1),
        weight_decay=fields.number("weight_decay", 0, 10),
        dropout=fields.number("dropout", 0, 0.9),
        batch_rows=fields.integer("batch_rows", 1, MAX_BATCH_ROWS),
        patience=fields.integer("patience", 1, MAX_EPOCHS),
        device=fields.choice("device", DEVICES),
    )
    fields.refuse_rest()
    return params

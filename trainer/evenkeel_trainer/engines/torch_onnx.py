"""A deep model as ONNX: one window in, its answer out."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor, nn

from .torch_network import Network

INPUT, OUTPUTS = "features", ["probability_tensor", "expected_return"]
OPSET = 17


class _OneWindow(nn.Module):
    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, window: Tensor) -> tuple[Tensor, Tensor]:
        logits, returns = self.network(window.unsqueeze(0))
        return logits.softmax(1), returns.unsqueeze(-1)


def write_deep_onnx(network: Network, path: str, columns: int) -> None:
    """Writes `features` float [rows, columns] -> `probability_tensor` [1, 3], `expected_return` [1, 1].

    The number of rows is fixed: matrix products of several windows round otherwise than those of one, and a
    candle must be answered the same whichever candles are asked about with it.
    """
    window = torch.zeros(len(network.reach), columns)
    graph = _OneWindow(network).cpu().eval()
    with warnings.catch_warnings():
        # The exporter by tracing is the one that knows LSTM and needs no further package; the pin keeps it.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            graph,
            (window,),
            path,
            input_names=[INPUT],
            output_names=OUTPUTS,
            opset_version=OPSET,
            dynamo=False,
        )

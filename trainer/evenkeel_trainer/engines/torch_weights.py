"""Weights of a network in a file without code: what an increment continues."""

from __future__ import annotations

import zipfile

import numpy as np
import torch

from ..errors import bad_file
from .torch_network import Network


def save_weights(network: Network, path: str) -> None:
    weights = {name: value.cpu().numpy() for name, value in network.state_dict().items()}
    np.savez(path, **weights)


def load_weights(network: Network, path: str) -> None:
    """Raises JobError `bad_file` for what is no such file, or one of a network of another form."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            weights = {name: torch.from_numpy(stored[name]) for name in stored.files}
        network.load_state_dict(weights)
    except (OSError, ValueError, RuntimeError, zipfile.BadZipFile) as error:
        raise bad_file(f"parent: cannot be read: {error}") from error

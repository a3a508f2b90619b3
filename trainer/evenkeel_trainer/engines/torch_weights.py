"""Weights of a network in a file without code: what an increment continues."""

from __future__ import annotations

import zipfile

import numpy as np
import torch

from ..errors import bad_file
from .torch_network import Network


#: Beside the weights of a base model: what its columns are.
NAMES = "feature_names"


def save_weights(network: Network, path: str, names: list[str] | None = None) -> None:
    """With the names of the columns where others build on the file."""
    weights = {name: value.cpu().numpy() for name, value in network.state_dict().items()}
    np.savez(path, **weights, **({} if names is None else {NAMES: np.array(names)}))


def load_weights(network: Network, path: str) -> None:
    """Raises JobError `bad_file` for what is no such file, or one of a network of another form."""
    try:
        _load(network, path)
    except _UNREADABLE as error:
        raise bad_file(f"parent: cannot be read: {error}") from error


def load_base_weights(network: Network, path: str, names: list[str]) -> None:
    """The same of a base model, which must be one of just these columns."""
    try:
        known = _load(network, path)
    except _UNREADABLE as error:
        raise bad_file(f"base_model: cannot be read: {path}: {error}") from error
    if known != names:
        raise bad_file(f"base_model: another order of features: {path}")


_UNREADABLE = (OSError, ValueError, RuntimeError, KeyError, zipfile.BadZipFile)


def _load(network: Network, path: str) -> list[str]:
    """Returns the names of the columns where the file has them."""
    with np.load(path, allow_pickle=False) as stored:
        names = stored[NAMES].tolist() if NAMES in stored.files else []
        weights = {name: torch.from_numpy(stored[name]) for name in stored.files if name != NAMES}
    network.load_state_dict(weights)
    return names

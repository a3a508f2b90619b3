"""Whether the extra is there that the deep bots need. Imports nothing of it."""

from __future__ import annotations

from ..check import find_torch
from ..errors import JobError

#: The minor version that the lock pins: files, seeds and export were tested with it.
TORCH_VERSION = "2.13"
SETUP = "npm run setup -- --with torch"


def check_torch() -> None:
    """Raises JobError `internal` where PyTorch is missing, or is not the version that was tested."""
    found = find_torch()
    if found is None:
        raise JobError("internal", f"PyTorch is not installed: {SETUP}")
    if not found.startswith(f"{TORCH_VERSION}."):
        message = f"PyTorch {found} is installed, {TORCH_VERSION} is needed: {SETUP}"
        raise JobError("internal", message)

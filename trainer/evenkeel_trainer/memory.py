"""What the process holds, in MB of 2**20 bytes."""

from __future__ import annotations

import ctypes
import gc
import resource
import sys

KIB_PER_MB = 1024


def rss_mb() -> float:
    """Resident memory now; on systems without /proc the highest so far."""
    return _status_mb("VmRSS") or _highest_mb()


def peak_rss_mb() -> float:
    """Highest resident memory since `begin_peak`, where the kernel lets it be reset, else ever."""
    return _status_mb("VmHWM") or _highest_mb()


def begin_peak() -> None:
    """Starts a new high-water mark (proc(5), clear_refs 5); where that is refused the old one stays."""
    try:
        with open("/proc/self/clear_refs", "w") as handle:
            handle.write("5")
    except OSError:
        return


def release() -> None:
    """Gives freed memory back to the system, which malloc by itself would keep."""
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def _status_mb(field: str) -> float | None:
    try:
        with open("/proc/self/status") as handle:
            for line in handle:
                if line.startswith(field + ":"):
                    return round(int(line.split()[1]) / KIB_PER_MB, 1)
    except OSError:
        pass
    return None


def _highest_mb() -> float:
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    divisor = KIB_PER_MB * KIB_PER_MB if sys.platform == "darwin" else KIB_PER_MB
    return round(highest / divisor, 1)

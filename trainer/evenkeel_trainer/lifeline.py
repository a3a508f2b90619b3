"""Binds the process to its parent, so that a killed daemon never leaves a living trainer."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import sys
import threading
import time
from typing import Callable

PR_SET_PDEATHSIG = 1
PARENT_CHECK_SECONDS = 1.0
EXIT_ORPHANED = 3
#: mallopt(3): one arena and an early trim, because freed pools must go back to a small machine.
M_TRIM_THRESHOLD, M_ARENA_MAX = -1, -8
LOWEST_PRIORITY = 19
AUTOGROUP_FILE = "/proc/self/autogroup"

_scratch_directories: set[str] = set()


def settle_process() -> None:
    """Lowest priority, one thread per library, and death together with the parent."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    parent = os.getppid()
    os.nice(LOWEST_PRIORITY)
    if sys.platform == "linux":
        _settle_on_linux()
        _lower_session()
    _watch(lambda: os.getppid() == parent)


def _settle_on_linux() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        print("prctl(PR_SET_PDEATHSIG) failed: the parent is polled alone", file=sys.stderr)
    if hasattr(libc, "mallopt"):  # musl has none
        libc.mallopt(M_ARENA_MAX, 1)
        libc.mallopt(M_TRIM_THRESHOLD, 1 << 20)


def _lower_session() -> None:
    """Where the kernel shares the processor by session (sched_autogroup), the group needs the nice value too."""
    if os.getsid(0) != os.getpid():
        return  # The group is the parent's.
    try:
        with open(AUTOGROUP_FILE, "w", encoding="ascii") as file:
            file.write(str(LOWEST_PRIORITY))
    except OSError:
        pass  # No such kernel, or not allowed: the process's own nice value stands.


def _watch(parent_lives: Callable[[], bool]) -> None:
    def poll() -> None:
        while parent_lives():
            time.sleep(PARENT_CHECK_SECONDS)
        exit_hard()

    threading.Thread(target=poll, name="parent-watch", daemon=True).start()


def remember_scratch(path: str) -> None:
    """A directory to be removed when the process has to leave in the middle of a job."""
    _scratch_directories.add(path)


def forget_scratch(path: str) -> None:
    _scratch_directories.discard(path)


def exit_hard() -> None:
    """Leaves at once, from any thread: nobody is waiting for an answer any more."""
    for path in list(_scratch_directories):
        shutil.rmtree(path, ignore_errors=True)
    os._exit(EXIT_ORPHANED)

"""Says what the trainer would run on. Plain syntax, so that an old Python can answer too."""

import ctypes
import importlib
import json
import platform
import sys
import types
from importlib import metadata

MODULES = ("numpy", "catboost", "onnx")


def read_versions():
    """Versions of Python and of the libraries; raises ImportError naming the one that is missing."""
    import_catboost()
    return {"python": platform.python_version(), **library_versions(MODULES)}


def find_torch():
    """Version of the extra, or None without it; found without importing it, which takes two seconds."""
    try:
        return metadata.version("torch")
    except metadata.PackageNotFoundError:
        return None


def find_card(torch):
    """Name of the graphics card that PyTorch could fit on, or None. Asks the driver: to import PyTorch
    takes two seconds. Functions and codes: CUDA Driver API, `cuInit`, `cuDeviceGetCount`, `cuDeviceGetName`.
    """
    if torch is None or torch.endswith("+cpu"):
        return None
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return None
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0 or count.value == 0:
        return None
    name = ctypes.create_string_buffer(256)
    if driver.cuDeviceGetName(name, len(name), 0) != 0:
        return None
    return name.value.decode(errors="replace")


def import_catboost():
    """Without pandas: a third of the time of a start, and 30 MB, for tables that nobody gives CatBoost here.

    It only asks whether what it gets is such a table, so that two empty classes do. They are gone again for whoever
    asks for pandas afterwards.
    """
    is_there = "pandas" in sys.modules
    if not is_there:
        tables = types.ModuleType("pandas")
        tables.DataFrame = type("DataFrame", (), {})
        tables.Series = type("Series", (), {})
        sys.modules["pandas"] = tables
    try:
        return importlib.import_module("catboost")
    finally:
        if not is_there:
            del sys.modules["pandas"]


def library_versions(modules):
    return {name: importlib.import_module(name).__version__ for name in modules}


def print_check(extras):
    """Prints one JSON line and returns the exit code: 0 when everything can be imported, the extras too."""
    try:
        torch = find_torch()
        answer = {**read_versions(), **({} if torch is None else {"torch": torch})}
        answer.update(library_versions(extras))
        card = find_card(torch)
        answer.update({} if card is None else {"accelerator": card})
    except Exception as error:  # a damaged wheel fails its import in any way it likes
        answer = {"python": platform.python_version(), "error": str(error)}
    print(json.dumps(answer))
    return 1 if "error" in answer else 0

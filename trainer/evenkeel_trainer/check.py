"""Says what the trainer would run on. Plain syntax, so that an old Python can answer too."""

import importlib
import json
import platform

MODULES = ("numpy", "catboost", "onnx")


def read_versions():
    """Versions of Python and of the libraries; raises ImportError naming the one that is missing."""
    return {"python": platform.python_version(), **library_versions(MODULES)}


def library_versions(modules):
    return {name: importlib.import_module(name).__version__ for name in modules}


def print_check():
    """Prints one JSON line and returns the exit code: 0 when everything can be imported."""
    try:
        answer = read_versions()
    except Exception as error:  # a damaged wheel fails its import in any way it likes
        answer = {"python": platform.python_version(), "error": str(error)}
    print(json.dumps(answer))
    return 1 if "error" in answer else 0

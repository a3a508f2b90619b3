"""The output directory: built under a temporary name, flushed, and renamed when it is whole."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from .errors import bad_job
from .lifeline import forget_scratch, remember_scratch

MANIFEST = "manifest.json"


class Artifact:
    """`with Artifact(output_dir) as artifact:` write files into `artifact.directory`, then publish."""

    def __init__(self, output_dir: str) -> None:
        self._final = Path(output_dir)
        self.directory = Path(f"{output_dir}.tmp-{os.getpid()}")

    def __enter__(self) -> Artifact:
        if self._final.exists():
            raise bad_job(f"output_dir: exists already: {self._final}")
        for left_behind in glob.glob(f"{glob.escape(str(self._final))}.tmp-*"):
            shutil.rmtree(left_behind, ignore_errors=True)
        remember_scratch(str(self.directory))
        try:
            self.directory.mkdir(parents=True)
        except OSError as error:
            raise bad_job(f"output_dir: {error.strerror}: {self.directory}") from error
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)
        forget_scratch(str(self.directory))

    def path(self, name: str) -> str:
        return str(self.directory / name)

    def publish(self, manifest: dict[str, Any]) -> str:
        """Adds sizes and hashes of the files, writes the manifest, renames; returns its sha256."""
        names = sorted(entry.name for entry in self.directory.iterdir())
        files = {name: _describe(self.directory / name) for name in names}
        text = json.dumps({**manifest, "files": files}, allow_nan=False, indent=1)
        (self.directory / MANIFEST).write_text(text)
        for name in (*names, MANIFEST):
            _flush(self.directory / name)
        _flush(self.directory)
        self.directory.rename(self._final)
        _flush(self._final.parent)
        return hashlib.sha256(text.encode()).hexdigest()


def _describe(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

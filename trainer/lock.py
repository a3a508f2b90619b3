"""Writes requirements.lock: every pin of requirements.in with the hashes of its wheels, or torch.lock.

Asks pip, with whatever package index it is set up for, which wheel it would install for each
supported system and Python version. Only metadata is read, nothing is installed. Run it with a
current pip, with the folder of another list where not this one is meant:

    python lock.py && git diff requirements.lock
    python lock.py ../test/artifacts
    python lock.py --torch && git diff torch.lock

PyTorch is asked for at its own index of builds for the processor: those of PyPI bring the libraries of a graphics
card, which are ten times as large. What that index cannot be asked for gets no hash, and cannot be installed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from itertools import product
from pathlib import Path
from typing import Iterator

HERE = Path(__file__).parent
PYTHON_VERSIONS = ("3.11", "3.12", "3.13")
MAC_VERSIONS = (14, 13, 12, 11)
SYSTEMS = {
    "linux x86_64": [f"manylinux_2_{minor}_x86_64" for minor in (28, 27, 26, 24, 17)]
    + ["manylinux2014_x86_64"],
    "linux aarch64": [f"manylinux_2_{minor}_aarch64" for minor in (28, 27, 26, 24, 17)]
    + ["manylinux2014_aarch64"],
    "macOS arm64": [f"macosx_{version}_0_arm64" for version in MAC_VERSIONS],
    "macOS x86_64": [f"macosx_{version}_0_x86_64" for version in MAC_VERSIONS],
}
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
HEADER = """\
# Made from {name}.in by lock.py: do not edit.
# pip install --no-deps --require-hashes {flags}-r {name}.lock
"""


def main() -> None:
    is_torch = sys.argv[1:] == ["--torch"]
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 and not is_torch else HERE
    name = "torch" if is_torch else "requirements"
    index = ["--index-url", TORCH_INDEX] if is_torch else []
    pins = read_pins(folder / f"{name}.in")
    hashes: dict[str, set[str]] = {pin: set() for pin in pins}
    for pin in pins:
        for system, version in product(SYSTEMS, PYTHON_VERSIONS):
            found = find_hash(pin, SYSTEMS[system], version, index)
            if found is None:
                print(f"{pin}: no wheel for {system}, Python {version}", file=sys.stderr)
            else:
                hashes[pin].add(found)
    header = HEADER.format(name=name, flags="".join(f"{flag} " for flag in index))
    (folder / f"{name}.lock").write_text(header + "".join(lock_lines(hashes)))


def read_pins(path: Path) -> list[str]:
    lines = (line.strip() for line in path.read_text().splitlines())
    return sorted(line for line in lines if line and not line.startswith("#"))


def find_hash(
    pin: str, platforms: list[str], python_version: str, index: list[str]
) -> str | None:
    """sha256 of the wheel that pip would choose, or None where the index has none that fits."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--no-deps"]
        command += ["--ignore-installed", "--only-binary=:all:", "--target", folder]
        command += ["--python-version", python_version, "--implementation", "cp"]
        for platform in platforms:
            command += ["--platform", platform]
        command += [*index, "--report", str(report), pin]
        if subprocess.run(command, capture_output=True, timeout=600).returncode != 0:
            return None
        chosen = json.loads(report.read_text())["install"][0]
        return chosen["download_info"]["archive_info"]["hashes"]["sha256"]


def lock_lines(hashes: dict[str, set[str]]) -> Iterator[str]:
    for pin, digests in sorted(hashes.items()):
        if not digests:
            raise SystemExit(f"{pin}: no wheel at all; the lock was not written")
        rows = [f"    --hash=sha256:{digest}" for digest in sorted(digests)]
        yield " \\\n".join([pin, *rows]) + "\n"


if __name__ == "__main__":
    main()

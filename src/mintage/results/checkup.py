"""What this machine has for making datasets: Python, packages, GPU, memory, disk, keys."""

import os
import platform
import re
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path
from typing import Literal

KEYS = ("OPENAI_API_KEY", "HF_TOKEN")


@dataclass(frozen=True)
class Check:
    """One line: what, what was found, whether that is fine, and what to type if not. Keys are never shown."""

    what: str
    found: str
    state: Literal["ok", "note", "bad"] = "ok"
    type_this: str = ""


def check_up(folder: Path) -> list[Check]:
    """All checks, in order. Runs no model; imports nothing heavy."""
    return [_python(), _mintage(), *_extras(), _weights(), _cores(), _memory(), _gpu(), _disk(folder), *_keys()]


def _python() -> Check:
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    good = sys.version_info >= (3, 11)
    return Check("Python", found, "ok" if good else "bad", "" if good else "install Python 3.11 or newer")


def _mintage() -> Check:
    missing = _missing("")
    found = f"{version('mintage')}, with all packages it needs" if not missing else f"missing: {', '.join(missing)}"
    return Check("mintage", found, "bad" if missing else "ok", "pip install -U mintage" if missing else "")


def _missing(extra: str) -> list[str]:
    """The distributions that the package (or an extra of it) asks for and that are not installed."""
    found = []
    for line in requires("mintage") or []:
        requirement, _, marker = line.partition(";")
        wanted = f"extra == '{extra}'" in marker.replace('"', "'") if extra else "extra" not in marker
        name = re.split(r"[<>=!~ \[(]", requirement.strip())[0]
        if wanted and not _is_installed(name):
            found.append(name)
    return found


def _is_installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


DEVELOPING = ("dev", "docs")
"""Extras that users do not need."""


def _extras() -> list[Check]:
    extras = [e for e in metadata("mintage").get_all("Provides-Extra") or [] if e not in DEVELOPING]
    if not extras:
        return [Check("extras", "none in this version, and none needed")]
    checks = []
    for extra in extras:
        missing = _missing(extra)
        found = "there" if not missing else f"not installed: {', '.join(missing)}"
        mend = f'pip install "mintage[{extra}]"' if missing else ""
        checks.append(Check(f"extra {extra}", found, "note" if missing else "ok", mend))
    return checks


def _weights() -> Check:
    folder = Path(__file__).parents[1] / "mini" / "weights"
    size = sum(f.stat().st_size for f in folder.glob("*")) / 1e6
    good = (folder / "generator.onnx").is_file()
    return Check(
        "embedded models",
        f"{size:.1f} MB",
        "ok" if good else "bad",
        "" if good else "pip install --force-reinstall mintage",
    )


def _cores() -> Check:
    return Check("processor", f"{os.cpu_count()} cores")


def _memory() -> Check:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    except (AttributeError, ValueError, OSError):
        return Check("memory", "not known on this system", "note")
    return Check("memory", f"{total:.1f} GB", "ok" if total >= 2 else "note")


def _gpu() -> Check:
    program = shutil.which("nvidia-smi")
    if program is None:
        none = "none found: the embedded models need none"
        return Check(
            "GPU", "Apple silicon" if platform.machine() == "arm64" and sys.platform == "darwin" else none, "ok"
        )
    import subprocess

    asked = [program, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        said = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (subprocess.SubprocessError, OSError):
        return Check("GPU", "nvidia-smi does not answer", "note", "nvidia-smi")
    return Check("GPU", "; ".join(said.splitlines()) or "none")


def _disk(folder: Path) -> Check:
    place = next(p for p in [folder.resolve(), *folder.resolve().parents] if p.exists())
    free = shutil.disk_usage(place).free / 1e9
    writable = os.access(place, os.W_OK)
    found = f"{free:.1f} GB free in {place}" + ("" if writable else ", which cannot be written to")
    state: Literal["ok", "note", "bad"] = "bad" if not writable or free < 0.1 else "note" if free < 1 else "ok"
    return Check("disk", found, state, "" if state == "ok" else "mintage doctor ANOTHER/FOLDER")


def _keys() -> list[Check]:
    checks = []
    for key in KEYS:
        there = bool(os.environ.get(key))
        found = "set" if there else "not set; hosted models need it"
        checks.append(Check(f"key {key}", found, "ok" if there else "note"))
    return checks

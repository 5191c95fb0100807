"""Turns the GGUF copy of SmolLM2 into safetensors, once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from coursekit.assets import log
from coursekit.assets.errors import ConversionError

_NEEDED = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")


def gguf_to_safetensors(gguf: Path, target: Path) -> None:
    """Write the model in ``gguf``, dequantized to float32, and its tokenizer to ``target``.

    Raises :class:`ConversionError`, or :class:`~coursekit.assets.errors.DiskFullError`.
    """
    script = Path(__file__).with_name("gguf_script.py")
    run = subprocess.run(
        [sys.executable, "-P", str(script), str(gguf), str(target)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | {"HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1", "PYTHONUTF8": "1"},
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    missing = [name for name in _NEEDED if not (target / name).is_file()]
    if run.returncode == 0 and not missing:
        _sync(target)
        return
    full = log.disk_full(run.stdout, f"{gguf.name} was being converted")
    raise full or ConversionError(
        f"{gguf.name} could not be converted ({log.last_error(run.stdout)}; exit status "
        f"{run.returncode}). Install the tested versions of torch, transformers and gguf by "
        "running 'make' again; the conversion needs about 2 GB of memory."
    )


def _sync(folder: Path) -> None:
    for path in folder.iterdir():
        with path.open("r+b") as file:
            os.fsync(file.fileno())

"""What one kernel is to be, and what its zygote is asked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from grader.kernels.client import Zygote
from grader.kernels.launch import search_path
from grader.kernels.messages import Role, StartKernel
from grader.sandbox.confine import Confinement, Mechanism
from grader.sandbox.mounts import TMP

PASSED_ON = ("COURSEKIT_", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE",
             "TOKENIZERS_PARALLELISM")  # fmt: skip


@dataclass(frozen=True)
class Seat:
    """What one kernel is to be.

    ``env`` is added to a minimal environment; nothing else of ours reaches the kernel.
    ``confinement`` says how it shuts itself in, None that it does not; its ``sockets`` are
    replaced by a folder of the kernel's own.
    """

    role: Role
    workdir: Path
    env: Mapping[str, str]
    confinement: Confinement | None = None


def passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """What of ``environment`` a kernel may see besides the few variables it always gets."""
    return {name: value for name, value in environment.items() if name.startswith(PASSED_ON)}


def request(zygote: Zygote, seat: Seat, private: Path) -> StartKernel:
    """What to ask ``zygote`` for. ``private`` is for sockets, and an unconfined kernel's files."""
    confinement, own = seat.confinement, private
    litter: tuple[Path, ...] = (private,)
    if confinement:
        if Mechanism.IDENTITY in confinement.mechanisms:
            os.chown(private, confinement.uid, confinement.uid)
        confinement = replace(confinement, sockets=private)
        own, litter = confinement.folder, (private, confinement.folder)
    else:
        (own / TMP).mkdir(mode=0o700)
    env = {
        "PATH": search_path(),
        "HOME": os.fspath(seat.workdir),
        "TMPDIR": os.fspath(own / TMP),
        "IPYTHONDIR": os.fspath(own / TMP / ".ipython"),
        "MPLCONFIGDIR": os.fspath(own / TMP),
        "LANG": "C.UTF-8",
        **seat.env,
        "OMP_NUM_THREADS": str(zygote.threads),
        "PYTHONHASHSEED": str(zygote.hash_seed),
    }
    return StartKernel(seat.role, seat.workdir, env, {}, confinement, litter)

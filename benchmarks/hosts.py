"""Facts of the machine a benchmark ran on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("nbgrader", "torch", "transformers", "peft", "ipykernel")


@dataclass(frozen=True)
class Host:
    """What a reader needs to judge a table of times. ``load`` is the load average beforehand."""

    processor: str
    cores: int
    system: str
    python: str
    packages: dict[str, str]
    load: float

    @classmethod
    def here(cls) -> Host:
        """This machine."""
        return cls(
            processor=_processor(),
            cores=len(os.sched_getaffinity(0)),
            system=f"{platform.system()} {platform.release().split('-')[0]}",
            python=platform.python_version(),
            packages={name: importlib.metadata.version(name) for name in PACKAGES},
            load=round(os.getloadavg()[0], 2),
        )

    def line(self) -> str:
        """All of it in a sentence."""
        packages = ", ".join(f"{name} {version}" for name, version in self.packages.items())
        return (
            f"{self.cores} cores of {self.processor}, {self.system}, Python {self.python}, "
            f"{packages}; load average before the run {self.load}."
        )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()

"""The two profiles of a lesson: ``cpu`` for any laptop, ``gpu`` for more of the same."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from typing import TypeVar

import torch

T = TypeVar("T")


class ProfileError(RuntimeError):
    """The profile asked for does not exist or cannot run here."""


@dataclass(frozen=True)
class Profile:
    """A profile's name and the device that its models live on."""

    name: str
    device: torch.device

    def pick(self, *, cpu: T, gpu: T) -> T:
        """Return the value for this profile: one line per size that the GPU enlarges."""
        return gpu if self.name == "gpu" else cpu


def choose(name: str) -> Profile:
    """Return the profile ``cpu`` or ``gpu``.

    Raises:
        ProfileError: the name is another, or there is no GPU that torch can use.
    """
    if name == "cpu":
        return Profile("cpu", torch.device("cpu"))
    if name != "gpu":
        raise ProfileError(
            f'there is no profile {name!r}: set profile = "cpu" or profile = "gpu" in the '
            "cell tagged parameters"
        )
    if not torch.cuda.is_available():
        raise ProfileError(
            'profile = "gpu" needs a GPU that torch can use, and none was found; set '
            'profile = "cpu", or install a build of torch with CUDA'
        )
    return Profile("gpu", torch.device("cuda"))


def describe(profile: Profile, *packages: str) -> str:
    """Return what a result depends on, a line each: Python, packages, device, threads."""
    lines = [f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"]
    lines += [f"{name} {version(name)}" for name in packages]
    if profile.device.type == "cuda":
        device = torch.cuda.get_device_name(profile.device)
    else:
        device = f"CPU, {torch.get_num_threads()} threads of {os.cpu_count()} cores"
    return "\n".join([*lines, f"profile {profile.name}: {device}"])

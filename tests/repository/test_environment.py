"""The ways to make the environment agree with each other."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CORE = {"jupyterlab", "nbgrader", "papermill", "torch", "transformers", "peft", "matplotlib"}


def requirements() -> dict[str, Requirement]:
    lines = PROJECT["dependencies"] + [
        line for extra in PROJECT["optional-dependencies"].values() for line in extra
    ]
    return {canonicalize_name(r.name): r for r in map(Requirement, lines)}


def locked() -> dict[str, str]:
    pairs = (
        line.split("==") for line in (ROOT / "requirements.lock").read_text().splitlines() if line
    )
    return {canonicalize_name(name): version for name, version in pairs}


def conda_pip_lines() -> list[str]:
    file = yaml.safe_load((ROOT / "environment.yml").read_text())
    return next(row["pip"] for row in file["dependencies"] if isinstance(row, dict))


def test_the_lock_pins_every_requirement_within_its_range() -> None:
    pins = locked()
    for name, requirement in requirements().items():
        assert name in pins, f"{name} is not in requirements.lock: run make lock"
        assert requirement.specifier.contains(pins[name], prereleases=True), name


def test_the_lock_is_plain_pip_without_addresses_or_local_versions() -> None:
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!]+", line), line


def test_conda_environment_asks_for_what_pyproject_asks_for() -> None:
    lines = conda_pip_lines()
    named = [Requirement(line) for line in lines if not line.startswith("--")]
    wanted = requirements()
    for requirement in named:
        assert requirement.specifier == wanted[canonicalize_name(requirement.name)].specifier
    assert {canonicalize_name(r.name) for r in named} >= CORE
    assert "--constraint requirements.lock" in lines
    assert any(line.startswith("--editable .[") for line in lines)


def test_conda_environment_has_a_python_that_pyproject_allows() -> None:
    file = yaml.safe_load((ROOT / "environment.yml").read_text())
    python = next(r for r in file["dependencies"] if isinstance(r, str) and r.startswith("python="))
    minimum = PROJECT["requires-python"].removeprefix(">=")
    assert [int(x) for x in python.removeprefix("python=").split(".")] >= [
        int(x) for x in minimum.split(".")
    ]

"""The profile picks sizes and the device, and says what is missing."""

from __future__ import annotations

import pytest
import torch

from coursekit.profile import ProfileError, choose, describe


def test_the_cpu_profile_takes_cpu_sizes() -> None:
    here = choose("cpu")
    assert here.pick(cpu=1, gpu=2) == 1
    assert here.device == torch.device("cpu")


def test_the_gpu_profile_takes_gpu_sizes_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose("gpu").pick(cpu=1, gpu=2) == 2


def test_a_missing_gpu_and_a_wrong_name_are_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ProfileError, match='set profile = "cpu"'):
        choose("gpu")
    with pytest.raises(ProfileError, match="'tpu'"):
        choose("tpu")


def test_the_description_names_versions_and_device() -> None:
    text = describe(choose("cpu"), "torch")
    assert f"torch {torch.__version__}" in text
    assert "profile cpu: CPU" in text

"""The seed of a homework's test: one number per test cell, the same for every student.

A test that draws its inputs at random asks :func:`rng` for a generator, naming its own cell.
The generator depends on a key that only the grader has, so a student cannot prepare for the
inputs, and yet every student and every regrade meets the same ones.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import random

KEY_VARIABLE = "COURSEKIT_TEST_KEY"
PUBLIC_KEY = "public"


def seed(grade_id: str) -> int:
    """Return the seed of the test cell ``grade_id``, from 0 to 2**63 - 1.

    The seed is HMAC-SHA256 (RFC 2104) of the cell's name under the key in the environment
    variable ``COURSEKIT_TEST_KEY``, which the grader sets for each homework. Outside the grader
    the key is a public constant.
    """
    key = os.environ.get(KEY_VARIABLE, PUBLIC_KEY)
    digest = hmac.new(key.encode(), grade_id.encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def rng(grade_id: str) -> random.Random:
    """Return a fresh standard-library generator for the test cell ``grade_id``."""
    return random.Random(seed(grade_id))

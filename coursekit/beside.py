"""A test's helper that must run next to the student's code.

The grader keeps tests and student code in two processes, and arguments cross as copies. A helper
that looks at gradients, at an argument changed in place, or at how long a call takes has to run
where the student's code is. Decorate it with :func:`beside`::

    @beside
    def gradient_norm(train_step, seed):
        import torch

        torch.manual_seed(seed)
        layer = torch.nn.Linear(4, 2)
        train_step(layer, torch.ones(3, 4))
        return float(layer.weight.grad.norm())

    assert gradient_norm(train_step, 7) > 0, "a training step must leave gradients"

The helper can be read by the student whose work is graded. So it returns measurements, which the
test then judges, and never a verdict: a ``bool`` is refused, also inside a list, tuple, set or
dict. Return a flag as a number, ``int(tensor.requires_grad)``. An array or tensor of bools is a
mask, and may be returned.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")
Runner = Callable[[Callable[..., Any], tuple[Any, ...], Mapping[str, Any]], Any]

_runner: Runner | None = None


def install(runner: Runner | None) -> None:
    """Let ``runner`` call the helpers that are decorated from now on; None: they run here."""
    global _runner
    _runner = runner


def beside(function: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """Mark ``function`` to run next to the student's code.

    In JupyterLab and under plain nbgrader that is here, and ``function`` is returned unchanged.
    It takes all it needs as arguments or imports it, and returns plain data.
    """
    runner = _runner
    if runner is None:
        return function

    @functools.wraps(function)
    def there(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Result:
        result: _Result = runner(function, args, kwargs)
        return result

    return there

"""What a test cell reaches for besides the student's code: chance, files, network, processes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.release.rules import unsafe
from grader.release.rules.calls import Calls, short
from grader.release.rules.finding import Problem
from grader.release.rules.origins import EXCHANGE

_TORCH_RANDOM = {
    "rand", "randn", "randint", "randperm", "normal", "bernoulli", "multinomial", "poisson",
}  # fmt: skip
_PROCESS_CALLS = {"system", "popen", "fork", "kill", "killpg", "_exit", "abort"}
_NETWORK = {"socket", "urllib", "requests", "httpx", "http", "ftplib", "smtplib", "aiohttp"}
_PROCESSES = {"subprocess", "multiprocessing", "pty"}
_OS_HARMLESS = {"path", "environ", "sep", "linesep", "cpu_count", "getpid", "name", "fspath"}
_FILE_CALLS = {"read_text", "write_text", "read_bytes", "write_bytes", "unlink", "mkdir", "touch"}


def check(tree: ast.Module, calls: Calls, files: frozenset[str]) -> Iterator[Problem]:
    """The problems of one test cell; ``files`` are those handed out with the homework."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    seeded = {calls.name(node) for node in nodes}
    for node in nodes:
        yield from _random(node, calls, seeded)
        yield from _outside(node, calls, files)


def _random(node: ast.Call, calls: Calls, seeded: set[str]) -> Iterator[Problem]:
    if not calls.imported(node):
        return
    name = calls.name(node)
    module, _, function = name.rpartition(".")
    drawn = False
    if name in ("random.Random", "numpy.random.default_rng", "numpy.random.RandomState"):
        drawn = not node.args and not node.keywords
    elif name in ("random.SystemRandom", "os.urandom", "uuid.uuid4") or module == "secrets":
        drawn = True
    elif module == "random" and function not in ("seed", "getstate", "setstate"):
        drawn = "random.seed" not in seeded
    elif module == "numpy.random" and function[:1].islower():
        drawn = function != "seed" and "numpy.random.seed" not in seeded
    elif module == "torch" and function in _TORCH_RANDOM:
        own = any(keyword.arg == "generator" for keyword in node.keywords)
        drawn = not own and "torch.manual_seed" not in seeded
    if drawn:
        yield (
            "random",
            f"`{short(node)}` draws without a seed: each student would meet another test.",
            "Draw from coursekit.seeds.rng(grade_id), or seed with coursekit.seeds.seed.",
        )


def _outside(node: ast.Call, calls: Calls, files: frozenset[str]) -> Iterator[Problem]:
    name, imported = calls.name(node), calls.imported(node)
    top, _, rest = name.partition(".")
    if (problem := unsafe.check(node, calls)) is not None:
        yield problem
    elif imported and top in _NETWORK:
        yield "network", f"`{short(node)}` uses the network.", "A test has no network."
    elif imported and (top in _PROCESSES or _starts_process(top, rest)):
        yield (
            "process",
            f"`{short(node)}` handles processes.",
            "Call the student's functions in the test itself.",
        )
    elif _touches_files(node, calls) and not _handed_out(node, files):
        yield (
            "files",
            f"`{short(node)}` touches files.",
            "Pass data as values; files cross only through the exchange folder.",
        )


def _touches_files(node: ast.Call, calls: Calls) -> bool:
    name = calls.name(node)
    if name in ("open", "io.open"):
        return not any(_in_exchange(argument, calls) for argument in node.args[:1])
    if calls.imported(node):
        top, _, rest = name.partition(".")
        return top == "tempfile" or (top == "os" and rest.split(".")[0] not in _OS_HARMLESS)
    return (path := _path(node)) is not None and calls.name(path) == "pathlib.Path"


def _in_exchange(path: ast.expr, calls: Calls) -> bool:
    """Whether it is written as ``exchange() / ...``."""
    asked = (one for one in ast.walk(path) if isinstance(one, ast.Call))
    return any(calls.name(one) == EXCHANGE for one in asked)


def _path(node: ast.Call) -> ast.Call | None:
    """``Path("a")`` of ``Path("a").read_text()``."""
    func = node.func
    if isinstance(func, ast.Attribute) and func.attr in _FILE_CALLS:
        return func.value if isinstance(func.value, ast.Call) else None
    return None


def _handed_out(node: ast.Call, files: frozenset[str]) -> bool:
    args = (_path(node) or node).args
    return bool(args) and isinstance(args[0], ast.Constant) and args[0].value in files


def _starts_process(top: str, rest: str) -> bool:
    return top == "os" and (rest in _PROCESS_CALLS or rest.startswith(("exec", "spawn")))

"""The rules of the examination: each is broken once, and honest cells break none."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from grader import versions
from grader.outline import Homework
from grader.release.rules import structure
from grader.release.rules.check import findings
from grader.release.rules.finding import Finding, Severity
from release_course import SOLUTION, TEST, cell, course, honest, notebook

GIVEN = """import os
import random
from pathlib import Path
import numpy as np
import pickle
import torch
from coursekit.seeds import rng, seed
limit = 3
"""
STUDENT = """### BEGIN SOLUTION
import collections
class Bag:
    def __init__(self, items=()):
        self.items = list(items)
    def count(self):
        return len(self.items)
def fill(n):
    return Bag(range(n))
def sizes(n):
    return list(range(n))
table = {"a": 1}
### END SOLUTION"""


def _rules(
    tmp_path: Path, cells: list[NotebookNode], row: str = "", *, outline: bool = True
) -> tuple[Finding, ...]:
    one = course(tmp_path, cells, row=row, outline=outline, gradebook=False)
    homework = one.homework("hw1")
    paths = one.notebooks(homework)
    loaded = [versions.load(path, one.config) for path in paths]
    return findings(loaded, paths, homework, one.config, outline=outline)


def _cells(test: str) -> list[NotebookNode]:
    return [
        cell(GIVEN, "bag-given"),
        cell(STUDENT, "bag-solution", "solution"),
        cell(test, "bag-test", "test", 1),
    ]


HONEST = [
    'assert sizes(3) == [0, 1, 2], "counts up"',
    "bag = Bag([1])\nassert bag.count() == 1\nassert bag.items == [1]\nassert len(bag) == 1",
    "bag = fill(2)\nassert bag is not None\nassert bag.items[0] == 0\nassert callable(fill)",
    "assert all(sizes(n) == list(range(n)) for n in range(limit)), f'up to {limit}'",
    "assert list(map(len, [sizes(2)])) == [2]\nassert sorted(filter(None, sizes(3))) == [1, 2]",
    "def check(n):\n    assert sizes(n), 'none'\nfor n in range(1, 3):\n    check(n)",
    "try:\n    sizes(-1)\nexcept ValueError as error:\n    assert str(error)\nelse:\n    raise "
    "AssertionError('a negative size is an error')",
    "numbers = rng('bag-test')\nassert sizes(numbers.randrange(9)) is not None",
    "x = torch.rand(3, generator=torch.Generator().manual_seed(seed('bag-test')))\nsizes(len(x))",
    "random.seed(1)\nassert sizes(random.randrange(3)) is not None",
    "gen = np.random.default_rng(7)\nassert sizes(int(gen.integers(3))) is not None",
    "torch.manual_seed(1)\nx = torch.randn(2)",
    "class Fake:\n    _hidden = 1\n    def __len__(self):\n        return self._hidden\n"
    "fake = Fake()\nassert fake._hidden == 1\nassert fake == fake and isinstance(fake, Fake)",
    "assert isinstance(sizes(2), list) and isinstance(table, dict)",
    "assert table == {'a': 1}\nassert 'a' in table\nassert {k: v for k, v in table.items()}",
    "expected = {n: sizes(n) for n in (1, 2)}\nassert expected[1] == [0]",
    "def Bag2():\n    return 1\nbag = Bag2()\nassert bag == 1",
    "bag = Bag([1])\nbag = bag.items\nassert bag == [1]",
    "score = 0.5\nscore",
    "result = sizes(2)\nresult[0], *rest = result\nassert rest == [1]",
    "assert (sizes(1), sizes(2)) == ([0], [0, 1]), 'both'",
    "message = 'no'\nassert sizes(1), message",
    "import itertools\nassert list(itertools.chain(sizes(1), sizes(2))) == [0, 0, 1]",
    "assert os.path.join('a', 'b')",
    "def map(f, xs):\n    return [f(x) for x in xs]\nassert map(sizes, [1]) == [[0]]",
    "def inner():\n    random = rng('bag-test')\n    return random.random()\ninner()",
]


@pytest.mark.parametrize("test", HONEST)
def test_honest_test_cells_raise_no_alarm(tmp_path: Path, test: str) -> None:
    assert _rules(tmp_path, _cells(test)) == ()


@pytest.mark.parametrize(
    ("rule", "test"),
    [
        ("unknown-name", "assert sizes(lmit) == []"),
        ("unknown-name", "def check():\n    return lmit\ncheck()"),
        ("solution-import", "assert collections.Counter(sizes(2))"),
        ("private", "assert fill(1)._items is None"),
        ("private", "assert Bag()._items is None"),
        ("private", "bag = Bag()\nassert bag.__len__() == 1"),
        ("private", "bag = fill(1)\nassert bag._items == []"),
        ("private", "assert fill.__name__ == 'fill'"),
        ("not-plain", "assert isinstance(fill(1), Bag)"),
        ("not-plain", "assert isinstance(Bag(), object)"),
        ("not-plain", "assert Bag() == Bag()"),
        ("not-plain", "bag = Bag()\nassert bag != 5"),
        ("not-plain", "bag = Bag()\nassert 1 in bag"),
        ("not-plain", "bag = Bag()\nassert bag, 'a bag'"),
        ("not-plain", "bag = Bag()\nif not bag:\n    pass"),
        ("not-plain", "bag = Bag()\nx = bool(bag)"),
        ("not-plain", "bag = Bag()\nx = {bag: 1}"),
        ("not-plain", "x = {Bag()}"),
        ("not-plain", "x = hash(Bag)"),
        ("not-plain", "bag = Bag()\nx = bag + bag"),
        ("not-plain", "assert fill and True"),
        ("assert-tuple", "assert (sizes(1), [0])"),
        ("assert-tuple", "assert sizes(1), sizes(1) == [0]"),
        ("assert-tuple", "assert sizes(1), 0"),
        ("lazy-check", "assert all(map(sizes, [1, 2]))"),
        ("lazy-check", "assert any(filter(lambda n: sizes(n), [1, 2]))"),
        ("lazy-check", "def check(n):\n    return sizes(n)\nassert all(map(check, [1]))"),
        ("lazy-check", "bag = Bag()\nassert list(map(bag.count, []))"),
        ("random", "assert sizes(random.randrange(3))"),
        ("random", "from random import shuffle\nshuffle([1])"),
        ("random", "assert sizes(np.random.randint(3))"),
        ("random", "x = np.random.default_rng()"),
        ("random", "x = torch.rand(3)"),
        ("random", "import secrets\nsecrets.token_hex()"),
        ("unsafe-data", "pickle.loads(sizes(1))"),
        ("unsafe-data", "text = sizes(1)\neval(text)"),
        ("network", "import urllib.request\nurllib.request.urlopen('http://x')"),
        ("process", "import subprocess\nsubprocess.run(['ls'])"),
        ("process", "os.system('ls')"),
        ("files", "open('x').read()"),
        ("files", "Path('x').read_text()"),
        ("files", "os.remove('x')"),
        ("rebound", "table = {}\nassert table == {}"),
        ("beside", "from coursekit import beside\n@beside\ndef ok(x):\n    return x > 0"),
        ("beside", "from coursekit import beside\n@beside\ndef ok(x) -> bool:\n    return x"),
        (
            "beside",
            "from coursekit import beside\ndef test(size=1):\n    @beside\n    def f():\n"
            "        return [size for _ in 'ab']\n    assert f() == [1, 1]\ntest()",
        ),
        ("syntax", "assert sizes(1"),
    ],
)
def test_each_rule_finds_its_breach_and_nothing_else(tmp_path: Path, rule: str, test: str) -> None:
    found = _rules(tmp_path, _cells(test))
    assert {one.rule for one in found} == {rule}
    assert {one.cell for one in found} == {"bag-test"}
    warning = rule in ("files", "rebound")
    assert all((one.severity is Severity.WARNING) is warning for one in found)
    assert all(one.message and one.remedy for one in found)


UNPICKLES, MAPS, RUNS = "unpickles", "maps a file", "runs what the student returned"
HARMFUL = [
    (UNPICKLES, "pickle.load(sizes(1))"),
    (UNPICKLES, "pickle.Unpickler(sizes(1)).load()"),
    (UNPICKLES, "from pickle import loads as read\nread(sizes(1))"),
    (UNPICKLES, "import _pickle\n_pickle.loads(sizes(1))"),
    (UNPICKLES, "import cloudpickle\ncloudpickle.loads(sizes(1))"),
    (UNPICKLES, "import dill\ndill.load(sizes(1))"),
    (UNPICKLES, "import joblib\njoblib.load(sizes(1))"),
    (UNPICKLES, "import marshal\nmarshal.loads(sizes(1))"),
    (UNPICKLES, "import shelve\nshelve.open(sizes(1))"),
    (UNPICKLES, "import pandas as pd\npd.read_pickle(sizes(1))"),
    (UNPICKLES, "import pandas as pd\npd.read_hdf(sizes(1))"),
    (UNPICKLES, "import pandas as pd\npd.HDFStore(sizes(1))"),
    (UNPICKLES, "import yaml\nyaml.unsafe_load(sizes(1))"),
    (UNPICKLES, "import yaml\nyaml.full_load(sizes(1))"),
    (UNPICKLES, "import yaml\nyaml.load(sizes(1))"),
    (UNPICKLES, "import yaml\nyaml.load(sizes(1), yaml.UnsafeLoader)"),
    (UNPICKLES, "import yaml\nyaml.load_all(sizes(1), Loader=yaml.FullLoader)"),
    (UNPICKLES, "torch.load(sizes(1))"),
    (UNPICKLES, "torch.load(sizes(1), weights_only=False)"),
    (UNPICKLES, "torch.load(sizes(1), weights_only=True)"),
    (UNPICKLES, "torch.load(sizes(1), mmap=True, weights_only=True)"),
    (UNPICKLES, "np.load(sizes(1), allow_pickle=True)"),
    (UNPICKLES, "np.load(sizes(1), None, True)"),
    (UNPICKLES, "allowed = sizes(1)[0]\nnp.load(sizes(1), allow_pickle=allowed)"),
    (UNPICKLES, "options = {'allow_pickle': 1}\nnp.load(sizes(1), **options)"),
    (UNPICKLES, "np.load(*sizes(3))"),
    (MAPS, "np.load(sizes(1), mmap_mode='r')"),
    (MAPS, "np.load(sizes(1), 'r')"),
    (MAPS, "np.memmap(sizes(1))"),
    (MAPS, "np.lib.format.open_memmap(sizes(1))"),
    (MAPS, "import mmap\nmmap.mmap(sizes(1)[0], 0)"),
    (MAPS, "import pandas as pd\npd.read_csv(sizes(1), memory_map=True)"),
    (MAPS, "from safetensors import safe_open\nsafe_open(sizes(1), framework='pt')"),
    (MAPS, "from safetensors.torch import load_file\nload_file(sizes(1))"),
    (MAPS, "import safetensors.torch\nsafetensors.torch.load_model(sizes(1), sizes(2))"),
    (MAPS, "import safetensors.numpy as st\nst.load_file(sizes(1))"),
    (MAPS, "torch.from_file(sizes(1))"),
    (RUNS, "eval(f'[{sizes(1)}]')"),
    (RUNS, "text = 'x = ' + str(sizes(1))\nexec(text)"),
    (RUNS, "first, rest = sizes(2)\neval(rest)"),
    (RUNS, "for text in sizes(2):\n    compile(text, 'a', 'eval')"),
    (RUNS, "[eval(text) for text in sizes(2)]"),
    (RUNS, "def said():\n    return sizes(1)[0]\nimport builtins\nbuiltins.eval(said())"),
    (RUNS, "if (text := sizes(1)):\n    text += ['']\n    more = text\n    eval(more[0])"),
    (
        RUNS,
        "from coursekit.exchange import exchange\npath = exchange() / 'a.txt'\n"
        "with open(exchange() / 'b.txt') as file:\n    exec(file.read())\n"
        "eval(path.read_text())",
    ),
]


@pytest.mark.parametrize(("what", "test"), HARMFUL)
def test_what_a_students_data_could_harm_the_examiner_by_is_found(
    tmp_path: Path, what: str, test: str
) -> None:
    found = _rules(tmp_path, _cells(test))
    assert found and {one.rule for one in found} == {"unsafe-data"}
    assert all(what in one.message and one.severity is Severity.ERROR for one in found)


HARMLESS = [
    "np.load(sizes(1))",
    "np.load(sizes(1), mmap_mode=None, allow_pickle=False)",
    "np.load(sizes(1), None, False)",
    "import pandas as pd\npd.read_csv(sizes(1))\npd.read_csv(sizes(1), memory_map=False)",
    "import yaml\nyaml.safe_load(sizes(1))\nyaml.load(sizes(1), Loader=yaml.SafeLoader)",
    "import yaml\nfrom yaml import CSafeLoader\nyaml.load(sizes(1), CSafeLoader)",
    "import safetensors.torch\nfrom coursekit.exchange import exchange\npath = exchange() / 'a'\n"
    "weights = safetensors.torch.load(path.read_bytes())",
    "import json\njson.loads(sizes(1))\njson.load(sizes(1))",
    "import io\nbuffer = io.BytesIO()\npickle.dump([1], buffer)\ntorch.save([1], buffer)",
    "import ast\nast.literal_eval(sizes(1)[0])",
    "text = '1 + 1'\nassert sizes(eval(text)) == [0, 1]",
    "model = torch.nn.Linear(1, 1)\nmodel.eval()",
    "def load(path):\n    return path\nload(sizes(1))",
]


@pytest.mark.parametrize("test", HARMLESS)
def test_what_reads_data_as_data_raises_no_alarm(tmp_path: Path, test: str) -> None:
    assert _rules(tmp_path, _cells(test)) == ()


def _test_cell(old: str, new: str) -> list[NotebookNode]:
    cells = honest()
    assert old in TEST
    cells[3].source = TEST.replace(old, new)
    return cells


WORDS = ', "negative and large numbers are added too"'
HIDDEN_CASE = "add(-4, 10**9) == 999_999_996"
END = "### END HIDDEN TESTS"


@pytest.mark.parametrize(
    ("rule", "name", "cells"),
    [
        ("message", "add-test", _test_cell(WORDS, "")),
        ("description", "add-test", _test_cell("# Sums, small and large.\n", "")),
        ("repeats", "add-test", _test_cell(HIDDEN_CASE, "add(1, 2) == 3")),
        ("message", "add-test", _test_cell(END, f"raise AssertionError\n{END}")),
        ("markers", "add-test", _test_cell(END, f"{END}\n{END}")),
        ("no-markers", "add-solution", [cell("def add(a, b): ...", "add-solution", "solution")]),
        ("points", "add-test", [cell("1", "add-test", "test", 0)]),
        ("grade-id", "adding", [cell(SOLUTION, "adding", "solution")]),
        ("recorded", "add-given", [cell("1", "add-given", execution={"iopub": "2026-01-01"})]),
        (
            "unlocked",
            "add-test",
            [cell("n = 1", "add-open", "open"), cell("n + 1", "add-test", "test", 1)],
        ),
        (
            "given-uses-test",
            "add-given",
            [cell("n = 1", "add-test", "test", 1), cell("n + 1", "add-given")],
        ),
        (
            "unknown-name",
            "add-test",
            [cell("add(1, 2)", "add-test", "test", 1), cell(SOLUTION, "add-solution", "solution")],
        ),
    ],
)  # fmt: skip
def test_the_cell_that_breaks_a_rule_is_named(
    tmp_path: Path, rule: str, name: str, cells: list[NotebookNode]
) -> None:
    found = _rules(tmp_path, cells)
    assert [(one.rule, one.cell) for one in found] == [(rule, name)]


def test_the_course_this_fixture_writes_breaks_no_rule(tmp_path: Path) -> None:
    assert _rules(tmp_path, honest(), "points = 10") == ()


def test_points_must_add_up_and_mostly_be_hidden(tmp_path: Path) -> None:
    cells = honest()
    cells[3].metadata.nbgrader.points = 5
    cells[4].metadata.nbgrader.points = 6
    found = _rules(tmp_path, cells, "points = 10")
    assert {one.rule: one.severity for one in found} == {
        "total": Severity.ERROR,
        "hidden-share": Severity.WARNING,
    }
    assert _rules(tmp_path, cells, "points = 11")[0].rule == "hidden-share"


def test_files_that_are_handed_out_may_be_read(tmp_path: Path) -> None:
    cells = _cells("open('w.txt').read()\nPath('w.txt').read_text()")
    assert _rules(tmp_path, cells, 'files = ["w.txt"]') == ()


def test_files_in_the_exchange_folder_may_be_opened(tmp_path: Path) -> None:
    cells = _cells("from coursekit.exchange import exchange\nopen(exchange() / 'a.txt').read()")
    assert _rules(tmp_path, cells) == ()


def test_another_kernel_is_found(tmp_path: Path) -> None:
    nb = notebook(honest())
    nb.metadata.kernelspec.name = "conda-env-x"
    one = course(tmp_path, gradebook=False)
    path = one.source / "hw1" / "hw1.ipynb"
    nbformat.write(nb, path)
    loaded = [versions.load(path, one.config)]
    found = findings(loaded, [path], Homework(id="hw1"), one.config, outline=True)
    assert [f.rule for f in found] == ["kernelspec"]


@pytest.mark.parametrize("outline", [True, False])
def test_in_a_plain_course_findings_only_warn(tmp_path: Path, outline: bool) -> None:
    found = _rules(tmp_path, _cells("assert (sizes(1), [0])"), outline=outline)
    assert [one.severity is Severity.ERROR for one in found] == [outline]


def _check_file(tmp_path: Path, data: object) -> list[Finding]:
    path = tmp_path / "x.ipynb"
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return structure.check(path, course(tmp_path, gradebook=False).config)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("### BEGIN SOLUTION\n1", "not closed"),
        ("1\n### END SOLUTION", "ends no region"),
        ("### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION", "inside such a region"),
        ("### BEGIN HIDDEN TESTS\n1\n### END HIDDEN TESTS", "no test cell"),
        ("### BEGIN SOLUTION\n### BEGIN HIDDEN TESTS\n### END SOLUTION", "not closed"),
    ],
)
def test_markers_that_do_not_pair_are_found_in_their_cell(
    tmp_path: Path, source: str, said: str
) -> None:
    found = _check_file(tmp_path, notebook([cell(source, "add-solution", "solution")]))
    assert any(said in one.message and one.cell == "add-solution" for one in found)


def test_two_cells_of_one_name_and_cells_without_id_are_found(tmp_path: Path) -> None:
    nb = notebook([cell("1", "a-x"), cell("2", "a-x"), cell("3", "a-y")])
    nb.cells[1]["id"] = "a-x"
    del nb.cells[2]["id"]
    found = [(one.cell, one.rule) for one in _check_file(tmp_path, nb)]
    assert found == [("a-x", "duplicate-id"), ("a-x", "cell-id"), ("a-y", "cell-id")]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}', '{"cells": [1]}'])
def test_a_file_that_is_no_notebook_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    assert [one.rule for one in _check_file(tmp_path, text)] == ["unreadable"]


def test_a_hash_seed_for_a_test_that_is_not_there_is_found(tmp_path: Path) -> None:
    row = "points = 10\nhash_seeds = { 'add-test' = 1, 'add-tset' = 1 }"
    found = [one for one in _rules(tmp_path, honest(), row) if one.rule == "hash-seeds"]
    assert [one.message.split("'")[1] for one in found] == ["add-tset"]

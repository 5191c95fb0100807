"""Which cell runs where, and which names each cell needs, read off the syntax trees."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbformat import NotebookNode

from grader import versions
from grader.examine.plan import Plan, Where, make
from grader.examine.syntax import parse
from release_course import cell, course


def _plan(tmp_path: Path, *cells: NotebookNode) -> Plan:
    one = course(tmp_path, list(cells), gradebook=False)
    return make(versions.load(one.source / "hw1" / "hw1.ipynb", one.config))


def _where(plan: Plan) -> dict[str, Where]:
    return {one.cell: one.where for one in plan.cells}


def _solution(text: str, name: str = "a-solution") -> NotebookNode:
    return cell(f"### BEGIN SOLUTION\n{text}\n### END SOLUTION", name, "solution")


@pytest.mark.parametrize(
    ("source", "reads"),
    [
        ("x = 1\ny = x", set()),
        ("y = x\nx = 1", {"x"}),
        ("x += 1", {"x"}),
        ("def f(a, *b, c=d, **e):\n    return a, b, c, e, g", {"d", "g"}),
        ("def f():\n    return later\nlater = 1", set()),
        ("def f():\n    x = x0\n    def g():\n        return x\n    return g", {"x0"}),
        ("def f():\n    global count\n    count += 1", set()),
        ("[a for a in b if a > c]", {"b", "c"}),
        ("[(a, d) for a in b for d in a]", {"b"}),
        ("if (n := f(1)) > 0:\n    n", {"f"}),
        ("[y := 1 for _ in z]\ny", {"z"}),
        ("for i in xs:\n    i\nelse:\n    i", {"xs"}),
        ("with a() as b, c(b) as d:\n    d", {"a", "c"}),
        ("try:\n    pass\nexcept Oops as e:\n    e", {"Oops"}),
        (
            "class A(B):\n    k = v\n    m = k\n    def f(self):\n        return k, A",
            {"B", "v", "k"},
        ),
        ("import a.b as c, d.e\nc, d", set()),
        ("match p:\n    case [x, *r] | {'k': x, **r}:\n        x, r", {"p"}),
        ("lambda a: a + b", {"b"}),
        ("%matplotlib inline\n!ls {x}\ny = 1", {"get_ipython"}),
        ("a: T = v", {"T", "v"}),
        ("await f()", {"f"}),
        ("del x", {"x"}),
        ('f"{a!r:>{w}}"', {"a", "w"}),
    ],
)
def test_a_cell_reads_what_it_does_not_bind_first(source: str, reads: set[str]) -> None:
    assert parse(source).reads == reads


def test_names_bound_by_import_are_told_from_names_bound_otherwise() -> None:
    code = parse("import numpy as np\nfrom a import b\nclass C: pass\nd, (e, *f) = 1, (2, 3)")
    assert code.imported == {"np", "b"}
    assert code.defined == {"C", "d", "e", "f"}


def test_student_cells_run_in_the_candidate_tests_in_the_examiner_given_cells_in_both(
    tmp_path: Path,
) -> None:
    plan = _plan(
        tmp_path,
        cell("import math", "a-given"),
        _solution("import os\ndef area(r):\n    return math.pi * r**2\nUNIT = 'm'"),
        cell("area(1), UNIT", "a-test", "test", 1),
        cell("Text.", "a-text", "prose"),
    )
    assert _where(plan) == {
        "a-given": Where.BOTH,
        "a-solution": Where.CANDIDATE,
        "a-test": Where.EXAMINER,
    }
    assert plan.student == ("UNIT", "area")  # never the import
    assert plan.cells[2].uses == ("UNIT", "area")


def test_a_given_cell_that_uses_the_students_code_runs_only_in_the_candidate(
    tmp_path: Path,
) -> None:
    plan = _plan(
        tmp_path,
        cell("def outer():\n    return helper()", "a-outer"),
        cell("def helper():\n    return area(1)", "a-helper"),
        cell("other = 1", "a-other"),
        _solution("def area(r):\n    return r"),
        cell("value = area(2)", "a-value"),
        cell("twice = 2 * value", "a-twice"),
        cell("four = 2 * other", "a-four"),
    )
    assert _where(plan) == {
        "a-outer": Where.CANDIDATE,
        "a-helper": Where.CANDIDATE,
        "a-other": Where.BOTH,
        "a-solution": Where.CANDIDATE,
        "a-value": Where.CANDIDATE,
        "a-twice": Where.CANDIDATE,
        "a-four": Where.BOTH,
    }
    assert plan.references == ("helper", "outer", "twice", "value")
    assert {c.cell: c.why for c in plan.cells}["a-twice"] == "uses value"


def test_a_name_that_a_given_cell_binds_anew_is_given_from_there_on(tmp_path: Path) -> None:
    plan = _plan(
        tmp_path,
        _solution("for i in range(3):\n    total = i"),
        cell("i = 5\ndouble = i * 2", "a-rebind"),
        cell("i + 1", "a-use"),
    )
    assert _where(plan)["a-rebind"] is Where.BOTH
    assert _where(plan)["a-use"] is Where.BOTH


def test_a_marked_given_cell_runs_only_in_the_candidate(tmp_path: Path) -> None:
    plan = _plan(
        tmp_path,
        cell("model = list(range(9))", "a-model", coursekit={"runs": "candidate"}),
        cell("size = len(model)", "a-size"),
    )
    assert _where(plan) == {"a-model": Where.CANDIDATE, "a-size": Where.CANDIDATE}
    assert plan.references == ("model", "size")


def test_helpers_that_run_beside_the_student_are_listed(tmp_path: Path) -> None:
    source = "from coursekit import beside\n@beside\ndef grads(m):\n    return [1.0]\n"
    plan = _plan(tmp_path, cell(source, "a-test", "test", 1))
    assert plan.cells[0].beside == ("grads",)


def test_a_cell_that_is_not_python_is_left_out_of_the_plan(tmp_path: Path) -> None:
    plan = _plan(tmp_path, cell("def (", "a-broken", "open"), cell("x = 1", "a-good"))
    assert [one.cell for one in plan.cells] == ["a-good"]

"""The two-kernel examination: which kernel runs what, and what a test can lose its points by."""

from __future__ import annotations

import pytest
from nbformat import NotebookNode

from grader.examine.evidence import Evidence, Examined
from grader.results import Reason
from release_course import cell
from sittings import Apart


def solution(text: str, name: str = "a-solution") -> NotebookNode:
    return cell(f"### BEGIN SOLUTION\n{text}\n### END SOLUTION", name, "solution")


def check(text: str, name: str) -> NotebookNode:
    return cell(text, name, "test", 2)


def lost(found: Examined) -> dict[str, Reason | None]:
    return {name: one.reason for name, one in found.evidence.items() if not one.completed}


DOUBLE = "def double(x):\n    return 2 * x"
WORKS = check("assert double(2) == 4, 'two times two'", "a-works")


def test_a_right_answer_passes_and_a_wrong_one_fails_with_the_authors_words(apart: Apart) -> None:
    cells = [solution(DOUBLE), WORKS]
    assert lost(apart(cells)) == {}
    found = apart(cells, {"a-solution": "def double(x):\n    return x"})
    expected = Evidence(False, reason=Reason.ASSERTION, message="two times two")
    assert found.evidence == {"a-works": expected}


def test_the_names_of_the_instructors_solution_are_the_students_and_no_others(
    apart: Apart,
) -> None:
    cells = [
        cell("import json\nLIMIT = 3", "a-given"),
        solution("import math\nSTEPS = [1, 2]\n\n\nclass Box:\n    size = 7\n\n\n" + DOUBLE),
        check("assert json.dumps(1) == '1' and LIMIT == 3 and len('ab') == 2", "a-own"),
        check("assert STEPS == [3] and Box().size == 8 and Box.size == 8", "a-theirs"),
        check("assert extra == 1", "a-extra"),
        check("assert math.pi > 3", "a-import"),
        check("double(1)", "a-missing"),
    ]
    theirs = (
        "json = LIMIT = math = None\nlen = lambda x: 99\n"
        "extra = 1\nSTEPS = [3]\n\n\nclass Box:\n    size = 8"
    )
    found = apart(cells, {"a-solution": theirs})
    said = {name: one.message for name, one in found.evidence.items() if not one.completed}
    assert said == {
        name: f"NameError: name '{word}' is not defined"
        for name, word in (("a-extra", "extra"), ("a-import", "math"), ("a-missing", "double"))
    }


def test_each_test_sees_the_students_names_afresh(apart: Apart) -> None:
    cells = [
        solution("SEEN = []\n\n\ndef add(x):\n    SEEN.append(x)"),
        check("SEEN = 'of the test'\nadd(1)", "a-rebinds"),
        check("assert SEEN == [1]", "a-fresh"),
        check("def count():\n    return len(SEEN)\n\n\nadd(2)", "a-helper"),
        check("assert count() == 2", "a-through-helper"),
    ]
    assert lost(apart(cells)) == {}


def test_a_given_cell_that_uses_the_students_code_runs_only_beside_it(apart: Apart) -> None:
    cells = [
        cell("import os\nhere = os.getpid()", "a-given"),
        cell("model = 'loaded'", "a-marked", coursekit={"runs": "candidate"}),
        solution(DOUBLE + "\n\n\nwhere = os.getpid()"),
        cell("eight = double(4)\nthere = os.getpid()", "a-uses"),
        check("assert (eight, model) == (8, 'loaded')", "a-values"),
        check("assert there == where != here == os.getpid()", "a-processes"),
    ]
    assert lost(apart(cells)) == {}


def test_a_cell_that_students_may_change_is_the_instructors_for_the_tests(apart: Apart) -> None:
    cells = [
        cell("SCALE = 2", "a-open", "open"),
        solution("def scaled(x):\n    return SCALE * x"),
        check("assert SCALE == 2 and scaled(1) == 5", "a-both"),
    ]
    cells[0].metadata["nbgrader"] = {
        "grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3,
        "grade_id": "a-open",
    }  # fmt: skip
    assert lost(apart(cells, {"a-open": "SCALE = 5"})) == {}


def test_the_last_value_is_taken_as_a_value(apart: Apart) -> None:
    disguise = (
        "class Sly(float):\n    def _repr_mimebundle_(self, **_):\n"
        "        return {'text/plain': '2'}\n\n\ndef part():\n    return Sly(0.5)"
    )
    cells = [
        solution("def part():\n    return 0.5"),
        check("part()", "a-half"),
        check("part() == 0.5", "a-true"),
        check("float('nan')", "a-nan"),
        check("'a text'", "a-text"),
        check("import numpy\nnumpy.float64(1)", "a-dressed"),
        check("print(part())", "a-none"),
    ]
    found = apart(cells)
    values = {name: one.value for name, one in found.evidence.items() if one.completed}
    assert values.pop("a-nan") != 0  # nan equals nothing
    assert values == {"a-half": 0.5, "a-true": True, "a-none": None}
    assert set(lost(found).values()) == {Reason.NOT_PLAIN}
    found = apart(cells, {"a-solution": disguise})
    assert lost(found)["a-half"] is Reason.NOT_PLAIN


def test_what_is_swallowed_fails_the_cell_all_the_same(apart: Apart) -> None:
    cells = [
        solution("class Thing:\n    pass"),
        check("try:\n    assert Thing()\nexcept Exception:\n    pass", "a-swallowed"),
        check("isinstance(Thing(), int)\n1", "a-not-swallowed"),
    ]
    found = apart(cells)
    assert lost(found) == dict.fromkeys(("a-swallowed", "a-not-swallowed"), Reason.NOT_PLAIN)
    assert "to ask it for the truth value" in found.evidence["a-swallowed"].message


def test_an_exception_of_the_students_ends_no_loop_of_the_tests(apart: Apart) -> None:
    cells = [
        solution("def check(x):\n    return True"),
        check("assert all(map(check, [1, 2, 3])), 'each'", "a-all"),
        check("from coursekit.seeds import seed\nassert check(seed('a')) is True", "a-next"),
    ]
    for raised in ("StopIteration", "SystemExit", "KeyboardInterrupt", "GeneratorExit"):
        found = apart(cells, {"a-solution": f"def check(x):\n    raise {raised}"})
        assert set(lost(found).values()) == {Reason.EXCEPTION}, raised


def test_what_a_call_prints_is_printed_in_the_test(apart: Apart) -> None:
    cells = [solution("def say():\n    print('from the student')"), check("say()", "a-says")]
    found = apart(cells)
    outputs = found.notebook.cells[1].outputs
    assert [output.text for output in outputs] == ["from the student\n"]


def test_a_call_that_takes_too_long_is_interrupted_and_later_tests_run(apart: Apart) -> None:
    slow = "import time\n\n\ndef double(x):\n    time.sleep(60 if x == 3 else 0)\n    return 2 * x"
    cells = [solution(slow), check("double(3)", "a-slow"), WORKS]
    assert lost(apart(cells, cell_s=1)) == {"a-slow": Reason.TIMEOUT}


def test_a_call_that_ignores_interrupts_is_ended_and_later_tests_do_not_run(apart: Apart) -> None:
    deaf = (
        "import time\n\n\ndef double(x):\n    while True:\n        try:\n"
        "            time.sleep(60)\n        except BaseException:\n            pass"
    )
    found = apart([solution(deaf), check("double(3)", "a-deaf"), WORKS], cell_s=1)
    assert lost(found) == {"a-deaf": Reason.TIMEOUT, "a-works": Reason.CANDIDATE_LOST}
    assert not found.evidence["a-works"].started


def test_endless_results_use_up_the_cells_time_only(apart: Apart) -> None:
    endless = DOUBLE + "\n\n\ndef numbers():\n    while True:\n        yield 1"
    cells = [solution(endless), check("sum(numbers())", "a-endless"), WORKS]
    assert lost(apart(cells, cell_s=1)) == {"a-endless": Reason.TIMEOUT}


def test_a_test_that_hangs_by_itself_is_stopped_too(apart: Apart) -> None:
    cells = [solution(DOUBLE), check("while True:\n    pass", "a-hangs"), WORKS]
    found = apart(cells, cell_s=1)
    assert lost(found) == {"a-hangs": Reason.TIMEOUT}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import os\n    os._exit(0)", Reason.CANDIDATE_LOST),
        ("blob = b'x' * 10**9\n    import time\n    time.sleep(5)", Reason.MEMORY),
    ],
    ids=["exits", "memory"],
)
def test_what_ends_the_student_in_a_call_is_named(apart: Apart, text: str, reason: Reason) -> None:
    cells = [solution("def double(x):\n    " + text), check("double(1)", "a-ends"), WORKS]
    found = apart(cells, memory_mb=600)
    assert found.evidence["a-ends"].reason is reason
    assert not found.evidence["a-works"].completed


def test_what_ends_the_student_before_a_test_leaves_nothing_to_run(apart: Apart) -> None:
    cells = [solution(DOUBLE), WORKS, solution("x = 1", "b-solution"), check("x", "b-test")]
    found = apart(cells, {"b-solution": "import os\nos._exit(0)"})
    assert lost(found) == {"b-test": Reason.CANDIDATE_LOST}


def test_the_tests_key_is_the_examiners_alone(apart: Apart) -> None:
    cells = [
        solution("def keys():\n    return []"),
        check("import os\nassert 'COURSEKIT_TEST_KEY' in os.environ", "a-examiner"),
        check("assert keys() == []", "a-candidate"),
    ]
    theirs = (
        "import os\n\n\ndef keys():\n"
        "    return [name for name in os.environ if 'KEY' in name or 'key' in os.environ[name]]"
    )
    assert lost(apart(cells, {"a-solution": theirs})) == {}


def test_files_cross_through_the_exchange_folder(apart: Apart) -> None:
    cells = [
        solution("def save(path):\n    path.write_text('saved')"),
        check(
            "from coursekit.exchange import exchange\nsave(exchange() / 'a.txt')\n"
            "assert (exchange() / 'a.txt').read_text() == 'saved'",
            "a-saved",
        ),
    ]
    assert lost(apart(cells)) == {}
    link = "def save(path):\n    path.symlink_to('/etc/hostname')"
    assert set(lost(apart(cells, {"a-solution": link}))) == {"a-saved"}


def test_what_the_examiners_libraries_keep_in_temporary_files_is_out_of_a_students_reach(
    apart: Apart,
) -> None:
    """A library that reads its cache there would run what the student put into it."""
    cells = [
        solution("def look(path):\n    return path.exists()"),
        check(
            "import tempfile\nfrom pathlib import Path\n"
            "from coursekit.exchange import exchange\n"
            "with tempfile.TemporaryDirectory() as name:\n"
            "    folder = Path(name)\n"
            "    (folder / 'cache').write_text('mine')\n"
            "    assert (folder / 'cache').read_text() == 'mine'\n"
            "    assert not folder.is_relative_to(exchange())",
            "a-temporary",
        ),
    ]
    assert lost(apart(cells)) == {}


def test_a_given_cell_that_fails_in_the_examiner_alone_is_not_the_students_fault(
    apart: Apart,
) -> None:
    cells = [
        cell("import os\nassert 'COURSEKIT_TEST_KEY' not in os.environ", "a-given"),
        solution(DOUBLE),
        WORKS,
    ]
    found = apart(cells)
    assert "a given cell raised AssertionError" in str(found.fault) and not found.judged


def test_a_given_cell_that_fails_without_student_code_too_is_flagged_unless_meant_to(
    apart: Apart,
) -> None:
    """It disturbs nothing, and costs nothing; but the instructor may not know of it."""
    fails = cell("1 / 0", "a-given")
    done = apart([fails, solution(DOUBLE), WORKS])
    assert lost(done) == {}
    (flag,) = done.flags
    assert flag.kind == "given_cell_failed"
    assert "a-given raised ZeroDivisionError" in flag.detail and "raises-exception" in flag.detail
    fails.metadata["tags"] = ["raises-exception"]
    assert apart([fails, solution(DOUBLE), WORKS]).flags == ()


def test_a_failure_stands_though_the_examiner_ends_before_its_verdict(apart: Apart) -> None:
    """Only what was not yet known to have failed may be tried again."""
    ends = (
        "import os\nfrom grader.examine.boundary import examiner\n"
        "examiner.get_session = lambda: os._exit(1)\n"
    )
    failed = apart([solution(DOUBLE), WORKS, check(ends + "assert double(2) == 5, 'no'", "a-ends")])
    assert failed.evidence["a-ends"] == Evidence(False, reason=Reason.ASSERTION, message="no")
    assert failed.broken == 2 and failed.judged == {"a-works", "a-ends"}
    passed = apart([solution(DOUBLE), WORKS, check(ends + "assert double(2) == 4", "a-ends")])
    assert passed.broken == 2 and passed.judged == {"a-works"}


@pytest.mark.parametrize(
    ("read", "broken"),
    [
        ("with safe_open(path, 'pt') as f:\n    cut(path)\n    found = f.get_tensor('a')", 2),
        ("data = path.read_bytes()\ncut(path)\nfound = safetensors.torch.load(data)['a']", None),
        ("cut(path)\nfound = safetensors.torch.load(path.read_bytes())['a']", None),
    ],
    ids=["mapped", "read", "cut before"],
)
def test_a_file_cut_short_ends_only_an_examiner_that_maps_it(
    apart: Apart, read: str, broken: int | None
) -> None:
    saves = (
        "import os\nimport torch\nfrom safetensors.torch import save_file\n\n\n"
        "def save(path):\n    save_file({'a': torch.arange(10_000.0)}, path)\n\n\n"
        "def cut(path):\n    os.truncate(path, 0)"
    )
    text = (
        "import safetensors.torch\nfrom safetensors import safe_open\n"
        "from coursekit.exchange import exchange\n\npath = exchange() / 'w'\nsave(path)\n"
        f"{read}\nassert found.tolist() == list(range(10_000)), 'as they were saved'"
    )
    found = apart([solution(saves), WORKS, check(text, "a-reads")])
    assert found.broken == broken
    said = found.evidence["a-reads"]
    assert said.completed is (read.startswith("data"))
    assert said.reason in (None, Reason.CANDIDATE_LOST, Reason.EXCEPTION)

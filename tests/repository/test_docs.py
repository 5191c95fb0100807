"""What the documentation says is so: its examples work as they stand, and its places exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from textwrap import indent

import pytest

from attacks.attack import Group, attacks
from grader.release.make import check
from grader.verify import verify
from release_course import cell, course

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
FOLDERS = "benchmarks|coursekit|docs|grader|homework|lessons|solutions|tests"
PLACE = re.compile(rf"`((?:{FOLDERS})/[^`\s<>]*)`|\]\(((?!https?:)[^)#\s]+)\)")
SHORT = re.compile(r"`([a-z_*][^`\s<>]*(?:\.py|/))`")  # is a place, or should be a longer one
MADE = {"autograded/", "feedback/", "reports/", "alternatives/*.py"}  # by a command; beside another
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BOUNDARY = "## The rules of the boundary"  # from here on the page's examples are whole

ROWS = {  # of the table of attacks, and the classes that each counts
    "assertions": (Group.ASSERTS,),
    "what tests call (patches)": (Group.PATCHES,),
    "results (objects equal to everything, subclasses)": (Group.OBJECTS,),
    "names": (Group.NAMES,),
    "exceptions": (Group.EXCEPTIONS,),
    "callbacks": (Group.CALLBACKS,),
    "cells, metadata, checksums": (Group.CELLS,),
    "intake, files": (Group.ARRIVALS, Group.FILES),
    "resources": (Group.RESOURCES,),
    "the boundary": (Group.BOUNDARY,),
    "secrets, network, exits, pages": (Group.SECRETS, Group.NETWORK, Group.EXITS, Group.PAGES),
}
SOLUTIONS = {
    "LoRALinear": """class LoRALinear(torch.nn.Module):
    \"\"\"A linear layer with an adapter of low rank, which is zero at first.\"\"\"

    ### BEGIN SOLUTION
    def __init__(self, base, rank):
        super().__init__()
        self.base = base
        self.rank = rank
        self.down = torch.nn.Linear(base.in_features, rank, bias=False)
        self.up = torch.nn.Linear(rank, base.out_features, bias=False)
        torch.nn.init.zeros_(self.up.weight)

    def forward(self, x):
        return self.base(x) + self.up(self.down(x))
    ### END SOLUTION""",
    "vote": """def vote(model, question: str, n: int) -> int:
    \"\"\"The number with which most of n answers end.\"\"\"
    ### BEGIN SOLUTION
    from collections import Counter

    answers = Counter(int(model(question).split()[-1]) for _ in range(n))
    return answers.most_common(1)[0][0]
    ### END SOLUTION""",
    "bradley_terry_loss": """def bradley_terry_loss(logits):
    \"\"\"The mean of -log sigmoid.\"\"\"
    ### BEGIN SOLUTION
    return -torch.nn.functional.logsigmoid(logits).mean()
    ### END SOLUTION""",
    "save_vocab": """def save_vocab(path, vocab) -> None:
    \"\"\"Write vocab to path as JSON in UTF-8.\"\"\"
    ### BEGIN SOLUTION
    import json

    path.write_text(json.dumps(vocab), encoding="utf-8")
    ### END SOLUTION""",
    "sample_tokens": """def sample_tokens(weights, n):
    \"\"\"A list of n ids, each drawn by its weight with torch's global generator.\"\"\"
    ### BEGIN SOLUTION
    return torch.multinomial(weights, n, replacement=True).tolist()
    ### END SOLUTION""",
    "number": """def number(words):
    \"\"\"Each word's number, from 0, by first appearance.\"\"\"
    ### BEGIN SOLUTION
    return {word: i for i, word in enumerate(dict.fromkeys(words))}
    ### END SOLUTION""",
}
AROUND = {  # what the example takes as given
    "LoRALinear": "base, x = torch.nn.Linear(4, 3), torch.ones(2, 4)\n",
    "sample_tokens": "weights = torch.tensor([1.0, 2.0, 3.0])\n",
}

SEEDED = re.compile(r"^```toml\n(hash_seeds = .*)\n```$", re.MULTILINE)  # the row in the page
READ_OFF_A_SET = """about = "Numbers the words as they stand in a set."
cell = "number-solution"
parts = ["number"]
[[edit]]
find = "dict.fromkeys(words)"
replace = "set(words)"
"""


def writing_tests() -> str:
    """The page on how to write a test cell."""
    return (ROOT / "docs" / "writing-tests.md").read_text(encoding="utf-8")


def examples() -> dict[str, str]:
    """The examples of the boundary's rules, by the solution that each of them tests."""
    page = writing_tests()
    blocks = BLOCK.findall(page[page.index(BOUNDARY) :])
    return {
        next(name for name in SOLUTIONS if f"{name}(" in b or f"{name}," in b): b for b in blocks
    }


def hidden(name: str, example: str) -> str:
    """The example as a test cell."""
    body = indent(f"import torch\n\n{AROUND.get(name, '')}{example}", "    ")
    return (
        f"# Hidden test (1 points): the example for {name}.\n### BEGIN HIDDEN TESTS\n"
        f"def test_example() -> None:\n{body}\n\ntest_example()\n### END HIDDEN TESTS"
    )


def test_the_examples_keep_the_rules_and_right_answers_pass_them(tmp_path: Path) -> None:
    found = examples()
    assert found.keys() == SOLUTIONS.keys()
    cells = [cell("import torch", "setup-given")]
    for number, (name, example) in enumerate(found.items()):
        cells.append(cell(SOLUTIONS[name], f"p{number}-solution", "solution"))
        cells.append(cell(hidden(name, example), f"p{number}-hidden-rule", "test", 1))
    one = course(tmp_path / "course", cells, row=f"points = {len(found)}", gradebook=False)
    homework = one.homework("hw1")
    for finding in check(one, homework).findings:
        pytest.fail(f"{finding.cell}: {finding}")
    cases = list(verify(one, homework, submissions=tmp_path / "none"))
    assert [case.kind for case in cases if case.ok] == ["reference", "release"], [
        case.messages for case in cases
    ]


@pytest.mark.parametrize("seeded", [True, False])
def test_the_hash_seed_in_the_page_is_what_shows_a_wrong_answer(
    tmp_path: Path, seeded: bool
) -> None:
    row = SEEDED.findall(writing_tests())[0]
    [name] = tomllib.loads(row)["hash_seeds"]
    cells = [
        cell("import torch", "setup-given"),
        cell(SOLUTIONS["number"], "number-solution", "solution"),
        cell(hidden("number", examples()["number"]), name, "test", 1),
    ]
    text = f"points = 1\n{row if seeded else ''}"
    one = course(tmp_path / "course", cells, row=text, gradebook=False)
    (mutants := tmp_path / "submissions" / "hw1" / "mutants").mkdir(parents=True)
    (mutants / "off-a-set.toml").write_text(READ_OFF_A_SET, encoding="utf-8")
    found = verify(one, one.homework("hw1"), submissions=tmp_path / "submissions")
    right = {case.kind: case.ok for case in found}
    assert right == {"reference": True, "release": True, "mutant": seeded}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_place_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    places = {ours or beside for ours, beside in PLACE.findall(text)}
    places |= {*SHORT.findall(text)} - MADE
    missing = [
        place
        for place in sorted(places)
        if not any(ROOT.glob(place.rstrip("/"))) and not any(page.parent.glob(place.rstrip("/")))
    ]
    assert not missing


def table_of_attacks() -> dict[str, list[int]]:
    """The table's rows: how many attacks there are, and how many gain under each program."""
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \|((?: \**\d+\** \|){4})$", page, re.MULTILINE)
    return {name.strip("*"): [int(n) for n in re.findall(r"\d+", rest)] for name, rest in rows}


def test_the_table_of_attacks_counts_those_that_there_are_and_what_they_gain() -> None:
    rows = table_of_attacks()
    totals = rows.pop("all")
    assert rows.keys() == ROWS.keys()
    assert [sum(column) for column in zip(*rows.values(), strict=True)] == totals
    for name, (number, _, in_one_kernel, examined) in rows.items():
        own = [attack for attack in attacks() if attack.group in ROWS[name]]
        gaining = [attack for attack in own if attack.expected.gains_in_one_kernel]
        assert (number, in_one_kernel, examined) == (len(own), len(gaining), 0), name


def test_the_attacks_that_succeed_in_one_kernel_are_named() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    [listed] = re.findall(r"Those that succeed under `--isolation kernel`: (.*?)\. Each", page)
    gaining = [attack.name for attack in attacks() if attack.expected.gains_in_one_kernel]
    assert re.findall(r"`([^`]+)`", listed) == gaining


def test_the_attacks_that_learn_in_one_kernel_are_named() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    [listed] = re.findall(r"`leaks_in_one_kernel`.*?: (.*?)\. Most", page)
    leaking = [attack.name for attack in attacks() if attack.expected.leaks_in_one_kernel]
    assert re.findall(r"`([^`]+)`", listed) == leaking

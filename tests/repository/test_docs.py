"""What the documentation says is so: its examples work as they stand, and its places exist."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import indent

import pytest

from attacks.attack import attacks
from grader.release.make import check
from grader.verify import verify
from release_course import cell, course

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
FOLDERS = "benchmarks|coursekit|docs|grader|homework|lessons|solutions|tests"
PLACE = re.compile(rf"`((?:{FOLDERS})/[^`\s<>]*)`|\]\(((?!https?:)[^)#\s]+)\)")
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BOUNDARY = "## The rules of the boundary"  # from here on the page's examples are whole

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
}
AROUND = {  # what the example takes as given
    "LoRALinear": "base, x = torch.nn.Linear(4, 3), torch.ones(2, 4)\n",
    "sample_tokens": "weights = torch.tensor([1.0, 2.0, 3.0])\n",
}


def examples() -> dict[str, str]:
    """The examples of the boundary's rules, by the solution that each of them tests."""
    page = (ROOT / "docs" / "writing-tests.md").read_text(encoding="utf-8")
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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_place_that_a_page_names_exists(page: Path) -> None:
    places = {ours or beside for ours, beside in PLACE.findall(page.read_text(encoding="utf-8"))}
    missing = [
        place
        for place in sorted(places)
        if not any(ROOT.glob(place.rstrip("/"))) and not any(page.parent.glob(place.rstrip("/")))
    ]
    assert not missing


def test_the_table_of_attacks_counts_those_that_there_are() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| \**(\d+)\** \|(?: \**\d+\** \|){3}$", page, re.MULTILINE)
    counts = {name.strip("*"): int(number) for name, number in rows}
    assert counts.pop("all") == sum(counts.values()) == len(attacks())

"""How much of a stranger's text is marked up; what goes beyond it is shown as it was written.

Markdown and the syntax of programs are read with patterns of other projects. Some of these look
for an end from every beginning, so that their time grows with the square of a text's length, and
they run in the driver, which has no deadline. Within these bounds a text takes a fraction of a
second, a notebook a few seconds.
"""

from __future__ import annotations

import re

from nbformat import NotebookNode

NOTEBOOK_CHARACTERS = 400_000
MARKDOWN_CHARACTERS = 20_000
CODE_CHARACTERS = 50_000
_FORMULAS = 200  # beginnings of formulas in one text; each may be sought an end for
_LINE = 2_000  # characters of a line of code
_BLANK = 500  # characters of blank space in one piece, line ends included
_PICTURE = re.compile(r"data:image/(?:png|jpeg);base64,[A-Za-z0-9+/=]*")  # quickly read
_BEGINS = re.compile(r"\\\[|\\\(|\\begin\{|\$\$")
_LONG = re.compile(rf"[^\n]{{{_LINE}}}(?!\n)")
_SPACE = re.compile(r"\s+")


def notebook_fits(notebook: NotebookNode) -> bool:
    """Whether the texts of the cells of ``notebook`` are short enough together."""
    return sum(_length(cell.source) for cell in notebook.cells) <= NOTEBOOK_CHARACTERS


def markdown_fits(text: str) -> bool:
    """Whether ``text`` may be read as Markdown."""
    return _length(text) <= MARKDOWN_CHARACTERS and len(_BEGINS.findall(text)) <= _FORMULAS


def cut(text: str) -> str:
    """``text`` up to the length that may be read as Markdown, and a note where that is not all.

    Very long lines are broken: formgrader looks for links in what it shows, line by line.
    """
    if len(text) <= MARKDOWN_CHARACTERS:
        return _LONG.sub(r"\g<0>\n", text)
    note = f"the first {MARKDOWN_CHARACTERS:,} of {len(text):,} characters; the notebook that was"
    begin = _LONG.sub(r"\g<0>\n", text[:MARKDOWN_CHARACTERS])
    return f"{begin}\n[Cut here: {note} handed in has all.]"


def code_fits(text: str) -> bool:
    """Whether the syntax of ``text`` may be marked up."""
    return (
        len(text) <= CODE_CHARACTERS
        and max(map(len, text.splitlines()), default=0) <= _LINE
        and max(map(len, _SPACE.findall(text)), default=0) <= _BLANK
    )


def _length(text: str) -> int:
    """The characters of ``text`` outside the pictures in it."""
    return len(_PICTURE.sub("", text))

"""Attacks on whoever opens a page: the notebook, the feedback, the report, formgrader.

Everything that would run has the word ``pwned`` in it, or is an element that a page of an
innocent submission does not have.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import wraps
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from attacks.attack import About, Build, Group, find, hostile, solved
from grader.template import Template

SCRIPTS = (
    "<script>pwned()</script>",
    "<img src=x onerror=pwned()>",
    "<svg onload=pwned()><script>pwned()</script></svg>",
    "<a href='javascript:pwned()'>x</a>",
    "<iframe srcdoc='<script>pwned()</script>'></iframe>",
    "<body onload=pwned()>",
    "<form action='https://pwned.example'><button formaction=javascript:pwned()>x</button></form>",
    "<object data='javascript:pwned()'></object><embed src='javascript:pwned()'>",
    "<math><mtext></p><style><!--</style><img src=x onerror=pwned()>--></style></mtext></math>",
    '<noscript><p title="</noscript><img src=x onerror=pwned()>"></noscript>',
    "<style>@import 'https://pwned.example/x.css';</style>",
    "<link rel=stylesheet href=https://pwned.example><base href=https://pwned.example>",
    "<meta http-equiv=refresh content='0;url=javascript:pwned()'>",
    "<details open ontoggle=pwned()>x</details><video><source onerror=pwned()></video>",
    "</pre></div></body></html><script>pwned()</script>",
    "<input autofocus onfocus=pwned()><textarea autofocus onfocus=pwned()>",
    "<ScRiPt\x0c>pwned()</sCrIpT \t>",
    "<img src='https://pwned.example/seen.png'>",
)
MARKDOWN = (
    "[x](javascript:pwned())",
    "[x](JaVaScRiPt:pwned())",
    "[x](data:text/html;base64,PHNjcmlwdD5wd25lZCgpPC9zY3JpcHQ+)",
    "[x](vbscript:pwned())",
    "![x](https://pwned.example/seen.png)",
    '![x](x" onerror="pwned())',
    "<javascript:pwned()>",
    "[x]: javascript:pwned()\n[x]",
    "$$\\href{javascript:pwned()}{x}$$",
    "$\\class{x}{\\unicode{x}} \\style{background:url(https://pwned.example)}{x}$",
    "```html\n</code></pre><script>pwned()</script>\n```",
    "| <script>pwned()</script> |\n|---|\n| <img src=x onerror=pwned()> |",
    "`</code><script>pwned()</script>`",
    "# <script>pwned()</script>",
    "&lt;script&gt;pwned()&lt;/script&gt;",
    "<details><summary>x</summary>\n\n<script>pwned()</script>\n\n</details>",
    "$a <script>pwned()</script> b$",
    "<!-- --><script>pwned()</script><!-- -->",
    "<![CDATA[<script>pwned()</script>]]>",
    "<?php <script>pwned()</script> ?>",
)


def _page(edit: Callable[[NotebookNode], None]) -> Build:
    """Register an attack that hands in the notebook, edited, with one part solved."""

    @hostile(Group.PAGES, solves=("predict",))
    @wraps(edit)
    def build(folder: Path, known: Template, expected: About) -> None:
        nb = solved(known, expected.solves)
        edit(nb)
        nbformat.write(nb, folder / f"{known.name}.ipynb")

    return build


@_page
def outputs_with_scripts(nb: NotebookNode) -> None:
    """Outputs of every kind hold scripts: HTML, SVG, JavaScript, Markdown, LaTeX, PDF, widgets."""
    kinds = (
        *("text/html", "text/markdown", "text/latex", "image/svg+xml", "application/javascript"),
        *("text/plain", "image/png", "image/jpeg", "application/pdf", "application/json"),
        *("application/vnd.jupyter.widget-view+json", "application/vnd.plotly.v1+json"),
    )
    find(nb, "words-solution").source = (
        "from IPython.display import display\n"
        f"for script in {[*SCRIPTS, *MARKDOWN]!r}:\n"
        f"    for kind in {kinds!r}:\n"
        "        display({kind: script}, raw=True)\n"
        "    print(script)\n"
    )
    find(nb, "ask-solution").source = (
        "import base64\n"
        "from IPython.display import SVG, HTML, Javascript, display\n"
        "display(HTML('<script>pwned()</script>'), Javascript('pwned()'))\n"
        "display({'image/png': '\"><script>pwned()</script>'}, raw=True,\n"
        "        metadata={'image/png': {'width': '1\" onload=\"pwned()', 'alt': '<script>'}})\n"
        "display({'image/png': base64.b64encode(b'\\x89PNG\\r\\n\\x1a\\n<script>pwned()</script>')"
        ".decode()}, raw=True)\n"
    )


@_page
def errors_with_scripts(nb: NotebookNode) -> None:
    """Names and texts of errors, printed by a student's cell and raised in a test, hold scripts."""
    find(nb, "words-solution").source = (
        "class Error(Exception):\n    pass\n\n\n"
        "Error.__name__ = Error.__qualname__ = '<script>pwned()</script>'\n"
        f"SCRIPTS = {''.join(SCRIPTS)!r}\n\n\n"
        "def count_words(text):\n    raise Error(SCRIPTS)\n\n\n"
        "raise Error(SCRIPTS)"
    )
    find(
        nb, "ask-solution"
    ).source = "def ask(model, questions):\n    raise AssertionError('\\x1b[31m' + SCRIPTS)"
    find(
        nb, "save-solution"
    ).source = "def save(folder, tables):\n    print(SCRIPTS)\n    raise KeyError(SCRIPTS)"


@_page
def answer_with_scripts(nb: NotebookNode) -> None:
    """The written answer, which a person has to read, holds scripts in HTML and Markdown."""
    find(nb, "why-written").source = "\n\n".join([*MARKDOWN, *SCRIPTS])


@_page
def answer_with_plain_markdown(nb: NotebookNode) -> None:
    """A written answer without a tag, harmful by Markdown and formulas alone."""
    find(nb, "why-written").source = "\n\n".join(one for one in MARKDOWN if "<" not in one)
    for one in MARKDOWN:
        nb.cells.append(new_markdown_cell(one))


@_page
def extra_cells_with_scripts(nb: NotebookNode) -> None:
    """The student's own cells hold scripts: Markdown, raw, and code that closes the page."""
    for script in SCRIPTS:
        nb.cells += [new_markdown_cell(script), new_raw_cell(script)]
        nb.cells.append(new_code_cell(f"# {script}\n'''</code></pre>{script}'''"))
    nb.cells[-1].metadata = {"raw_mimetype": "text/html", "name": SCRIPTS[0]}


@_page
def attachments_with_scripts(nb: NotebookNode) -> None:
    """Attachments of the answer are SVG, HTML, and pictures whose names are scripts."""
    answer = find(nb, "why-written")
    script = base64.b64encode(
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='pwned()'/>"
    ).decode()
    picture = base64.b64encode(b"\x89PNG\r\n\x1a\n<script>pwned()</script>").decode()
    answer.source = (
        "![x](attachment:a.svg) ![x](attachment:b.png) ![x](attachment:c.png)\n\n"
        '![x](attachment:d" onerror="pwned().png) [x](attachment:e.html)'
    )
    answer.attachments = {
        "a.svg": {"image/svg+xml": script},
        "b.png": {"image/png": picture},
        "c.png": {"image/png": '"><script>pwned()</script>'},
        'd" onerror="pwned().png': {"image/png": picture},
        "e.html": {"text/html": "<script>pwned()</script>"},
    }


@hostile(Group.PAGES, solves=("predict",), flags=("unknown_cell",))
def names_with_scripts(folder: Path, known: Template, expected: About) -> None:
    """Names of cells, tags, files and the kernel are scripts, for flags and tables to show."""
    nb = solved(known, expected.solves)
    for script in SCRIPTS[:6]:
        cell = nbformat.from_dict(find(nb, "words-hidden"))
        cell.update(source="1", id=f"x{len(nb.cells)}")
        cell.metadata.nbgrader.grade_id = script
        cell.metadata.tags = [script]
        nb.cells.append(cell)
    find(nb, "words-hidden").metadata.tags = [SCRIPTS[0]]
    nb.metadata.kernelspec = {"name": SCRIPTS[1], "display_name": SCRIPTS[0]}
    nb.metadata.title = nb.metadata.authors = SCRIPTS[0]
    nbformat.write(nb, folder / f"{known.name}.ipynb")
    (folder / "<img src=x onerror=pwned()>.csv").write_text("x")


@_page
def terminal_escapes(nb: NotebookNode) -> None:
    """Outputs, errors and answers hold what moves a terminal's cursor and reverses text."""
    harm = (
        "\x1b]0;pwned\x07\x1b[2J\x1b[8m\x1b]8;;https://pwned.example\x07x\x1b]8;;\x07\u202e\x9b31m"
    )
    find(
        nb, "words-solution"
    ).source = (
        f"harm = {harm!r}\nprint(harm)\n\n\ndef count_words(text):\n    raise ValueError(harm * 20)"
    )
    find(nb, "why-written").source = harm


@_page
def formulas_that_cover(nb: NotebookNode) -> None:
    """Formulas are boxes over the whole page, links, and macros without an end."""
    find(nb, "why-written").source = "\n\n".join(
        (
            "$\\bbox[position:fixed;top:0;width:99vw;background:url(https://pwned.example)]{x}$",
            '$\\mmlToken{mi}[href="java\tscript:pwned()"]{x}$',
            "$\\def\\x{\\x\\x}\\x$ $\\rule[-99em]{999em}{999em}$ $\\smash{\\rlap{\\raise9em{x}}}$",
        )
    )


@_page
def code_slow_to_colour(nb: NotebookNode) -> None:
    """A cell's text is such that colouring its syntax takes long."""
    nb.cells.append(new_code_cell("'" + "\\N{" * 16_000))
    nb.cells += [new_markdown_cell(one * 30_000) for one in ("[", "![", "- ", "|a")]


@_page
def picture_of_a_gigabyte(nb: NotebookNode) -> None:
    """A picture of a few kilobytes is a billion pixels large, and grows where it is shown."""
    find(nb, "words-solution").source = (
        "import struct, zlib\n"
        "from IPython.display import Image, display\n"
        "def chunk(kind, data):\n"
        "    whole = kind + data\n"
        "    return struct.pack('>I', len(data)) + whole + struct.pack('>I', zlib.crc32(whole))\n"
        "head = struct.pack('>IIBBBBB', 30_000, 30_000, 1, 0, 0, 0, 0)\n"
        "body = zlib.compress(bytes(3751 * 30_000), 9)\n"
        "png = b'\\x89PNG\\r\\n\\x1a\\n' + chunk(b'IHDR', head) + chunk(b'IDAT', body)\n"
        "display(Image(png + chunk(b'IEND', b'')))\n"
    )


@_page
def formulas_without_end(nb: NotebookNode) -> None:
    """The answer opens formulas and closes none: whoever looks for ends does so for hours."""
    find(nb, "why-written").source = "\\\\[" * 300_000

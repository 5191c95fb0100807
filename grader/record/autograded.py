"""The executed notebook as it may be kept: for formgrader and feedback, safe to open.

Test cells get their released source, and our words for an output. What a student wrote keeps its
text, but no HTML in it runs; outputs keep plain text and pictures. A student's output that repeats
a line of a hidden test is left out: with one kernel for both, student code can read the tests, so
this stops plain copies and not a determined thief.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from html import escape
from html.parser import HTMLParser
from itertools import count

import nbformat
from nbconvert.filters import strip_ansi
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from grader.examine.outputs import is_count
from grader.record.bounds import code_fits, cut, markdown_fits, notebook_fits
from grader.results import CellResult, Verdict
from grader.template import Role, Template, grade_id, meta, role

_PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
_CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PLAIN_TAG = re.compile(r"</?(b|i|u|em|strong|sub|sup|br|p|code|pre|ul|ol|li|hr) ?/?>", re.I)
_HARMFUL_MATH = re.compile(
    r"\\(href|class|cssid|style|require|unicode|bbox|mmltoken)|javascript:", re.I
)
_TAG_OPENS = re.compile(r"<(?=[A-Za-z/!?])")
_LINK = re.compile(r"https?:|mailto:|#", re.I)
_EMBEDDED = re.compile(r"data:image/(png|jpeg);base64,")
_FENCED = re.compile(r"(`{3,})text\n(.*)\n\1", re.DOTALL)
_LANGUAGES = {"python", "python3", "py", "py3", "pycon", "ipython", "ipython3", "text"}  # of code
_SHORTEST_LINE = 8  # characters; shorter lines of a hidden test give nothing away
_WITHHELD = "[This output repeated text of a test and was left out.]"


def presentable(
    executed: NotebookNode, template: Template, results: Mapping[str, CellResult]
) -> NotebookNode:
    """Return the notebook to keep; ``results`` are those of its graded cells by grade_id."""
    released = {name: cell for cell in template.released.cells if (name := grade_id(cell))}
    hidden = hidden_lines(template)
    unnamed = {_identity(c): c for c in template.released.cells if not grade_id(c)}
    cells: list[NotebookNode] = []
    used: set[str] = set()
    fits = notebook_fits(executed)
    free = (name for n in count(1) if (name := f"cell-{n}") not in used)
    for cell in executed.cells:
        own = released.get(grade_id(cell) or "") or unnamed.get(_identity(cell))
        if own is None or not _is_instructors(own):
            kept = _students(cell, own, hidden, fits)
        elif role(own) is Role.TEST and own.cell_type == "code":
            kept = _copy(own)
            kept.outputs = [_verdict(results[grade_id(own) or ""])]
        else:
            kept = _copy(own)
            if own.cell_type == "code":
                kept.outputs = _outputs(cell.get("outputs", []), hidden)
        if not _CELL_ID.fullmatch(str(kept.get("id", ""))) or kept.id in used:
            kept.id = next(free)
        to_write = own is not None and role(own) in (Role.SOLUTION, Role.WRITTEN)
        if own is not None and not to_write and own.source == kept.source:
            kept.metadata["grader"] = {"given": True}
        used.add(kept.id)
        cells.append(kept)
    metadata = _copy(template.released.metadata)
    if not (fits and all(code_fits(c.source) for c in cells if c.cell_type == "code")):
        about = {"name": "python", **metadata.get("language_info", {}), "pygments_lexer": "text"}
        metadata["language_info"] = about  # formgrader then marks up no code
    return new_notebook(cells=cells, metadata=metadata)


def rejected(template: Template, reason: str) -> NotebookNode:
    """The notebook to keep for a submission that could not be read: why, then the untouched one."""
    notebook = _copy(template.released)
    note = f"**This submission was not graded.**\n\n{as_written(reason)}"
    notebook.cells.insert(0, new_markdown_cell(note, id="not-graded"))
    return notebook


def is_given(cell: NotebookNode) -> bool:
    """Whether ``cell`` of a kept notebook stands as it was handed out."""
    return bool(cell.metadata.get("grader", {}).get("given"))


def hidden_lines(template: Template) -> frozenset[str]:
    """Lines that only the instructor's version of the tests has, without indentation."""
    shown = {line.strip() for cell in template.released.cells for line in _lines(cell.source)}
    return frozenset(
        stripped
        for cell in template.graded.cells
        for line in _lines(cell.source)
        if len(stripped := line.strip()) >= _SHORTEST_LINE and stripped not in shown
    )


def tells(text: str, hidden: frozenset[str]) -> bool:
    """Whether ``text`` repeats one of the ``hidden`` lines, quoted as in Python or JSON or not."""
    plain = strip_ansi(text)
    forms = (plain, plain.replace("\\'", "'").replace('\\"', '"').replace("\\\\", "\\"))
    return any(line in form for line in hidden for form in forms)


def as_written(text: str) -> str:
    """Markdown that shows ``text`` as it is, nothing in it interpreted."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def written(markdown: str) -> str | None:
    """The text that ``markdown`` shows as it is, where :func:`as_written` made it; else None."""
    match = _FENCED.fullmatch(markdown)
    return match[2] if match and match[1] not in match[2] else None


def _identity(cell: NotebookNode) -> tuple[str, ...]:
    """The id of ``cell``, or in a notebook before format 4.5, which has none, its type and text."""
    return (cell["id"],) if cell.get("id") else (cell.cell_type, cell.source)


def _is_instructors(own: NotebookNode) -> bool:
    """Whether the text of ``own``, a released cell, is never the student's."""
    kind = role(own)
    return kind in (Role.TEST, Role.TASK) or (kind is Role.GIVEN and bool(meta(own).get("locked")))


def _students(
    cell: NotebookNode, own: NotebookNode | None, hidden: frozenset[str], fits: bool
) -> NotebookNode:
    """What is kept of a student's cell, as written where the notebook does not fit the bounds."""
    source = str(cell.source)
    if (own or cell).cell_type == "code":
        kept = new_code_cell(source, outputs=_outputs(cell.get("outputs", []), hidden))
        count = cell.get("execution_count")
        kept.execution_count = count if is_count(count) else None
    else:
        pictures = _attachments(cell.get("attachments"))
        plain = fits and cell.cell_type == "markdown" and _is_harmless(source, pictures)
        kept = new_markdown_cell(source if plain else as_written(cut(source)))
        if pictures:
            kept.attachments = pictures
    kept.id = cell.get("id", "")
    if own is not None and meta(own):
        kept.metadata["nbgrader"] = _copy(meta(own))
    return kept


def _is_harmless(source: str, pictures: dict[str, dict[str, str]]) -> bool:
    """Whether a page may render ``source`` as Markdown, with ``pictures`` as its attachments.

    Not where it shows an attachment that is not there, since then there would be no page at all,
    and not where it links to more than another site or fetches a picture. It may where every tag
    in it is one that only formats text, or where all that looks like a tag stands in code or
    formulas, so that escaping tags changes nothing. MathJax follows some links, so formulas that
    make them count as harmful, in the text that a reader sees too: there entities are characters.
    Nor may it where reading the text, or code in it, may take long.
    """
    if _HARMFUL_MATH.search(source) or not markdown_fits(source):
        return False
    renderers = [_Renderer(escape=escape, attachments=pictures) for escape in (True, False)]
    page = _Page()
    try:
        escaped, raw = (MarkdownWithMath(renderer=one).render(source) for one in renderers)
        page.feed(raw)
        page.close()
    except Exception:  # whatever the text provokes, and so an attachment that is not there
        return False
    if _HARMFUL_MATH.search("".join(page.text)):
        return False
    if page.harmful or any(one.harmful for one in renderers):
        return False
    return bool(escaped == raw) or not _TAG_OPENS.search(_PLAIN_TAG.sub("", source))


class _Renderer(IPythonRenderer):
    """nbconvert's, which would mark up code of any language; this one looks whether it might."""

    harmful = False

    def block_code(self, code: str, info: str | None = None) -> str:
        """Show ``code`` as it is, and note where a page had better not take it for a program."""
        named = (info or "text").split()
        if not code_fits(code) or (named and named[0].casefold() not in _LANGUAGES):
            self.harmful = True
        return f"<pre><code>{escape(code)}</code></pre>\n"


class _Page(HTMLParser):
    """Reads a page's text, and looks for links and pictures that it had better not have."""

    harmful = False

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            allowed = {"href": _LINK, "src": _EMBEDDED}.get(name)
            if allowed and not allowed.match(value or ""):
                self.harmful = True


def _outputs(outputs: list[NotebookNode], hidden: frozenset[str]) -> list[NotebookNode]:
    kept = [safe for output in outputs if (safe := _output(output))]
    text = json.dumps(kept, ensure_ascii=False)
    if hidden and (tells(text, hidden) or tells("".join(map(_text, kept)), hidden)):
        return [new_output("stream", name="stderr", text=_WITHHELD)]
    return kept


def _output(output: NotebookNode) -> NotebookNode | None:
    """``output`` with nothing but plain text and pictures, or None if nothing is left."""
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return new_output("stream", name=name, text=_joined(output.get("text")))
    if kind == "error":
        return new_output(
            "error",
            ename=str(output.get("ename", "")),
            evalue=str(output.get("evalue", "")),
            traceback=[_joined(line) for line in output.get("traceback", [])],
        )
    data = output.get("data", {})
    safe = {mime: picture for mime in _PICTURES if (picture := _picture(mime, data.get(mime)))}
    if text := data.get("text/plain"):
        safe["text/plain"] = _joined(text)
    return new_output("display_data", data=safe) if safe else None


def _picture(mime: str, value: object) -> str:
    """``value`` encoded anew if it is a picture of type ``mime``, else the empty string."""
    if not isinstance(value, str | list):
        return ""
    try:
        raw = base64.b64decode("".join(_joined(value).split()), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return base64.b64encode(raw).decode() if raw.startswith(_PICTURES[mime]) else ""


def _attachments(value: object) -> dict[str, dict[str, str]]:
    """The pictures among a Markdown cell's attachments whose names are plain."""
    if not isinstance(value, Mapping):
        return {}
    kept = {}
    for name, bundle in value.items():
        if isinstance(bundle, Mapping) and re.fullmatch(r"[\w.\- ]{1,100}", str(name)):
            pictures = {mime: p for mime in _PICTURES if (p := _picture(mime, bundle.get(mime)))}
            if pictures:
                kept[str(name)] = pictures
    return kept


def _verdict(result: CellResult) -> NotebookNode:
    """One output that says in our words what became of a test cell."""
    points = f"{result.points:g} of {result.max_points:g} points"
    text = f"{result.verdict.value.replace('_', ' ').capitalize()}: {points}."
    if result.message:
        text += f"\n{result.message}"
    if result.verdict in (Verdict.PASSED, Verdict.PARTIAL):
        return new_output("stream", name="stdout", text=text + "\n")
    return new_output(
        "error", ename=str(result.reason or "failed"), evalue=result.message, traceback=[text]
    )


def _text(output: NotebookNode) -> str:
    if output.output_type == "stream":
        return str(output.text)
    if output.output_type == "error":
        return "\n".join([output.ename, output.evalue, *output.traceback])
    return str(output.data.get("text/plain", ""))


def _joined(value: object) -> str:
    return "".join(map(str, value)) if isinstance(value, list | tuple) else str(value or "")


def _lines(source: object) -> list[str]:
    return _joined(source).splitlines()


def _copy(node: NotebookNode) -> NotebookNode:
    return nbformat.from_dict(json.loads(json.dumps(node)))

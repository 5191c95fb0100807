"""What every page of a report shares: templates, and making a stranger's text harmless.

A page needs no network and runs no script; its security policy forbids both. Templates escape all
they are given, and what is inserted as HTML has passed :func:`rendered` or :func:`highlighted`.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

import nh3
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from nbconvert.filters import strip_ansi
from nbconvert.filters.markdown_mistune import InvalidNotebook, IPythonRenderer, MarkdownWithMath
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_by_name
from pygments.util import ClassNotFound

from grader.record import autograded
from grader.record.bounds import code_fits, markdown_fits

_TAGS = {
    "a", "b", "blockquote", "br", "code", "dd", "del", "dl", "dt", "em", "h1", "h2", "h3", "h4",
    "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "s", "strong", "sub", "sup", "table",
    "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt"}, "th": {"align"}, "td": {"align"}}
_PICTURES = ("data:image/png;base64,", "data:image/jpeg;base64,")


def page(template: str, **values: object) -> str:
    """Render ``template`` of the folder ``templates`` to a whole page."""
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        _environment()
        .get_template(template)
        .render(**values, style=Markup(style), style_hash=digest)
    )


class _Renderer(IPythonRenderer):
    """nbconvert's, but an attachment that is not there leaves no picture instead of no page.

    Nor does it mark up the syntax of code, in whatever language a stranger says it is.
    """

    def block_code(self, code: str, info: str | None = None) -> str:
        """``code`` as it is."""
        return f"<pre><code>{escape(code)}</code></pre>\n"

    def _embed_image_or_attachment(self, src: str) -> str:
        try:
            return str(super()._embed_image_or_attachment(src))
        except InvalidNotebook:
            return ""


def rendered(markdown: str, attachments: dict[str, dict[str, str]] | None = None) -> Markup:
    """``markdown`` as HTML in which nothing runs and nothing is fetched.

    What is too much to be read (see :mod:`grader.record.bounds`) is shown as it was written.
    """
    plain = autograded.written(markdown)
    if plain is not None or not markdown_fits(markdown):
        return Markup("<pre>{}</pre>").format(markdown if plain is None else plain)
    renderer = _Renderer(escape=False, attachments=attachments or {})
    html = MarkdownWithMath(renderer=renderer).render(markdown)
    return Markup(
        nh3.clean(
            html,
            tags=_TAGS,
            attributes=_ATTRIBUTES,
            attribute_filter=_no_fetch,
            url_schemes={"http", "https", "mailto", "data"},
        )
    )


def highlighted(code: str, language: str) -> Markup:
    """``code`` with its syntax marked up where it fits; everything in it is escaped."""
    if not code_fits(code):
        return escape(code)
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        lexer = TextLexer()
    return Markup(highlight(code, lexer, HtmlFormatter(nowrap=True)))


def picture(data: dict[str, str]) -> str:
    """The address of the picture in an output's ``data``, empty where there is none."""
    for start in _PICTURES:
        mime = start.removeprefix("data:").removesuffix(";base64,")
        if mime in data:
            return start + data[mime]
    return ""


def number(value: float) -> str:
    """``value`` with at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    environment.filters["plain"] = strip_ansi
    return environment


@cache
def _style() -> str:
    """The style sheet of every page, in which ``</`` does not occur."""
    own = _environment().get_template("style.css").render()
    return own + "\n" + str(HtmlFormatter(style="default").get_style_defs(".code"))


def _no_fetch(tag: str, attribute: str, value: str) -> str | None:
    """Keep pictures that the page itself holds; a link may lead anywhere but into data."""
    embedded = value.startswith(_PICTURES)
    if tag == "img" and attribute == "src":
        return value if embedded else None
    if tag == "a" and attribute == "href":
        return None if value.lower().lstrip().startswith("data:") else value
    return value

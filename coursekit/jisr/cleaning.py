"""Simple cleaning of Wikipedia's markup into paragraphs. Lesson 7 does it with more care."""

from __future__ import annotations

import html
import re

_DROPPED = re.compile(
    r"<!--.*?-->|<ref[^<>]*/>|<ref\b.*?</ref>|<(math|gallery|timeline|pre|code)\b.*?</\1>",
    re.DOTALL | re.IGNORECASE,
)
_INNERMOST = re.compile(r"\{\{[^{}]*\}\}|\{\|(?:(?!\{\||\|\}).)*\|\}", re.DOTALL)
_EMBEDDED = re.compile(
    r"\[\[(?:File|Image|Category|[a-z-]{2,12}):(?:[^\[\]]|\[\[[^\[\]]*\]\])*\]\]", re.IGNORECASE
)
_LINK = re.compile(r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]")
_OUTSIDE_LINK = re.compile(r"\[(?:https?|ftp|mailto):[^\s\]]*\s*([^\]]*)\]")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_QUOTES = re.compile(r"'{2,}")
_SPACES = re.compile(r"[ \t\u00a0]+")
_EMPTY_BRACKETS = re.compile(r" ?\(\s*[;,]?\s*\)")


def clean_wikitext(source: str, *, shortest: int = 120) -> list[str]:
    """Return the plain paragraphs of an article's wiki markup, in order.

    Comments, references, templates, tables, files and categories go; links and emphasis leave
    their text. Headings, lists and paragraphs under ``shortest`` characters are left out, and so
    is a paragraph in which markup is left over.
    """
    text = _DROPPED.sub("", source)
    while True:
        text, count = _INNERMOST.subn("", text)
        if not count:
            break
    text = _EMBEDDED.sub("", text)
    text = _OUTSIDE_LINK.sub(r"\1", _LINK.sub(r"\1", text))
    text = html.unescape(_QUOTES.sub("", _TAG.sub("", text)))
    lines = (_EMPTY_BRACKETS.sub("", _SPACES.sub(" ", line)).strip() for line in text.split("\n"))
    return [line for line in lines if len(line) >= shortest and _is_prose(line)]


def _is_prose(line: str) -> bool:
    """Whether a line is a paragraph: no list, heading or table row, no markup left in it."""
    return line[0] not in "*#:;=|!{}<" and not re.search(r"[{}|\[\]<>]|==", line)

"""The texts: reviews, Shakespeare, and a sample of the English Wikipedia."""

from __future__ import annotations

import bz2
import csv
import io
from dataclasses import dataclass
from enum import StrEnum
from xml.etree import ElementTree

from coursekit.assets.obtain import fetch

_WIKI = "{http://www.mediawiki.org/xml/export-0.10/}"


class Verdict(StrEnum):
    """What a row of the review corpus is."""

    FRESH = "fresh"
    ROTTEN = "rotten"
    PLOT = "plot"


@dataclass(frozen=True)
class Review:
    """A critic's sentence, or a film's plot, as ``verdict`` says; ``film`` is an identifier."""

    film: str
    verdict: Verdict
    text: str


@dataclass(frozen=True)
class Work:
    """A play or poem; ``name`` is an identifier such as ``hamlet``."""

    name: str
    text: str


@dataclass(frozen=True)
class Article:
    """A Wikipedia page as its authors wrote it; ``redirect`` pages hold only a pointer."""

    title: str
    wikitext: str
    redirect: bool


def reviews() -> tuple[Review, ...]:
    """Return the review corpus, plots included, without its empty rows.

    The rights in these texts are unclear: read them at run time, commit none.
    """
    path = next(fetch("rotten-tomatoes").glob("*.csv.bz2"))
    rows = csv.DictReader(io.StringIO(bz2.decompress(path.read_bytes()).decode("utf-8")))
    return tuple(
        Review(row["movie_name"], Verdict(row["category"]), row["text"])
        for row in rows
        if row["text"]
    )


def shakespeare() -> tuple[Work, ...]:
    """Return the plays and poems in modern spelling, sorted by name."""
    return tuple(
        Work(path.name.removesuffix("_gut.txt"), path.read_text(encoding="utf-8"))
        for path in sorted(fetch("shakespeare").glob("*_gut.txt"))
    )


def wikipedia_articles(*, redirects: bool = False) -> tuple[Article, ...]:
    """Return the pages of the Wikipedia sample as raw wikitext, in the dump's order."""
    path = next(fetch("wikipedia-sample").glob("*.bz2"))
    articles = []
    with bz2.open(path) as stream:
        for _, element in ElementTree.iterparse(stream):
            if element.tag == f"{_WIKI}page":
                article = _article(element)
                if redirects or not article.redirect:
                    articles.append(article)
                element.clear()
    return tuple(articles)


def _article(page: ElementTree.Element) -> Article:
    return Article(
        title=page.findtext(f"{_WIKI}title", ""),
        wikitext=page.findtext(f"{_WIKI}revision/{_WIKI}text", ""),
        redirect=page.find(f"{_WIKI}redirect") is not None,
    )

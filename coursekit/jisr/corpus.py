"""The course's corpus: English and Arabic to train on, and one held-out file of each.

The held-out files are the same from lesson 1 to lesson 10; their SHA-256 is pinned here.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from coursekit import assets
from coursekit.jisr.cleaning import clean_wikitext
from coursekit.jisr.split import Document, Pair, Split, split_documents, split_pairs

HELD_OUT_SHA256 = {
    "en": "af42d85d2514734c9f9388e54757066fa7704188d3eca127415852ed2070e788",
    "ar": "c0fbe0953a28d786e768d9117bc8ca1a030017085fec49896e3e461dfb9a9935",
}
HELD_OUT_BYTES = 20_000
_DOCUMENTS_HELD_OUT = 3  # of each kind: articles, plays
_SCORED_ORIGINS = frozenset({"django-strings", "wagtail-strings"})


class CorpusError(RuntimeError):
    """A held-out file is not the one that the course's results were measured on."""


@dataclass(frozen=True)
class Corpus:
    """The two languages, each with its text for training and its held-out text."""

    en: Split
    ar: Split


def load_corpus() -> Corpus:
    """Build the corpus from the cached assets; about two seconds.

    English is the cleaned Wikipedia sample and Shakespeare's works, split by document. Arabic
    is interface strings, split by groups of like strings.

    Raises:
        CorpusError: a held-out file differs from the pinned one.
    """
    corpus = Corpus(en=_english(), ar=_arabic())
    for language, split in (("en", corpus.en), ("ar", corpus.ar)):
        found = hashlib.sha256(split.held_out.encode()).hexdigest()
        if found != HELD_OUT_SHA256[language]:
            raise CorpusError(
                f"the held-out {language} file has SHA-256 {found}, not the pinned "
                f"{HELD_OUT_SHA256[language]}: the assets or the cleaning changed, so scores "
                "could not be compared with the scoreboard's. Take the pinned versions back."
            )
    return corpus


def _english() -> Split:
    articles = [
        Document(article.title, tuple(clean_wikitext(article.wikitext)))
        for article in assets.wikipedia_articles()
    ]
    plays = [
        Document(work.name, tuple(part.strip() for part in re.split(r"\n{2,}", work.text) if part))
        for work in assets.shakespeare()
    ]
    groups = [articles, plays]
    excerpt = HELD_OUT_BYTES // (_DOCUMENTS_HELD_OUT * len(groups))
    return split_documents(groups, held_out=_DOCUMENTS_HELD_OUT, excerpt=excerpt)


def _arabic() -> Split:
    scored: list[Pair] = []
    extra: list[Pair] = []
    for text in assets.parallel_texts(("en", "ar")):
        target = scored if text.origin in _SCORED_ORIGINS else extra
        target.append(Pair(*text.texts))
    return split_pairs(scored, extra, held_out=HELD_OUT_BYTES)

"""A split without leaks: whole documents in English, whole groups of like strings in Arabic.

Where a text falls depends on its own name or content and never on the order of the input, so the
held-out files stay the same when the sources are read in another order.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

SHORTEST_PARAGRAPH = 40  # a shorter one ("Exit.") stands in many documents and tells nothing
SHORTEST_STRING = 20  # a held-out interface string has at least so many characters
NEAR = 0.6  # strings whose word sets have at least this Jaccard similarity are alike

_PLACEHOLDER = re.compile(r"%\(\w+\)\w|%\w|\{[^{}]*\}|<[^<>]*>|&\w+;")
_NOT_WORD = re.compile(r"[\W\d_]+")


@dataclass(frozen=True)
class Document:
    """A titled text of several paragraphs."""

    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """An English string and its Arabic translation."""

    english: str
    arabic: str


@dataclass(frozen=True)
class Split:
    """One language's text for training and its text for scoring."""

    train: str
    held_out: str


def rank(name: str) -> str:
    """Return a fixed pseudo-random sort key for ``name``."""
    return hashlib.sha256(name.encode()).hexdigest()


def bare(text: str) -> str:
    """Return the words of ``text`` alone: no placeholders, digits, punctuation, marks or case."""
    text = unicodedata.normalize("NFKD", _PLACEHOLDER.sub(" ", text)).replace("ـ", "")
    text = "".join(c for c in text if not unicodedata.combining(c))
    return _NOT_WORD.sub(" ", text.casefold()).strip()


def split_documents(groups: Iterable[list[Document]], *, held_out: int, excerpt: int) -> Split:
    """Hold whole documents out and score an excerpt of each.

    From each group (one kind of text) the first ``held_out`` documents by rank, of those that
    have ``excerpt`` bytes, leave training; paragraphs from the middle on, up to about ``excerpt``
    UTF-8 bytes of each, are the held-out text. A training paragraph of some length that
    also stands in a held-out document is dropped.
    """
    kept: list[Document] = []
    out: list[Document] = []
    for group in groups:
        ordered = sorted(group, key=lambda document: rank(document.title))
        long = [d for d in ordered if len("\n".join(d.paragraphs).encode()) >= excerpt]
        out += long[:held_out]
        kept += [document for document in ordered if document not in long[:held_out]]
    kept.sort(key=lambda document: rank(document.title))
    seen = {p for document in out for p in document.paragraphs if len(p) >= SHORTEST_PARAGRAPH}
    train = ["\n".join(p for p in document.paragraphs if p not in seen) for document in kept]
    return Split(
        train="\n\n".join(text for text in train if text),
        held_out="\n\n".join(_excerpt(document, excerpt) for document in out),
    )


def _excerpt(document: Document, size: int) -> str:
    """Return whole paragraphs from the middle on, at least one, at most ``size`` bytes if more."""
    middle = len(document.paragraphs) // 2
    taken: list[str] = []
    for paragraph in document.paragraphs[middle:]:
        if taken and len("\n".join([*taken, paragraph]).encode()) > size:
            break
        taken.append(paragraph)
    return "\n".join(taken)


def split_pairs(pairs: Iterable[Pair], extra: Iterable[Pair] = (), *, held_out: int) -> Split:
    """Hold Arabic strings of about ``held_out`` UTF-8 bytes out and drop what resembles them.

    Strings are the same where the words of their Arabic are the same; one of each is kept.
    Strings of ``pairs`` of a fair length are held out by rank; ``extra`` only trains. Training
    loses every string with the same English words as a held-out one, or whose Arabic words
    overlap with one's by ``NEAR``.
    """
    own, more = _unique(pairs), _unique(extra)
    out: dict[str, Pair] = {}
    size = 0
    for words, pair in own.items():
        if size >= held_out:
            break
        if len(pair.arabic) >= SHORTEST_STRING and "\n" not in pair.arabic:
            out[words] = pair
            size += len(pair.arabic.encode()) + 1
    english = {bare(pair.english) for pair in out.values()}
    tests = [frozenset(words.split()) for words in out]
    train = [
        pair.arabic
        for words, pair in {**more, **own}.items()
        if bare(pair.english) not in english and not _near(frozenset(words.split()), tests)
    ]
    return Split("\n".join(train), "\n".join(pair.arabic for pair in out.values()))


def _unique(pairs: Iterable[Pair]) -> dict[str, Pair]:
    """Return one pair for each Arabic wording, by rank; strings without a word are left out."""
    unique: dict[str, Pair] = {}
    for pair in sorted(pairs, key=lambda p: (rank(p.arabic), p.english)):
        words = bare(pair.arabic)
        if words:
            unique.setdefault(words, pair)
    return unique


def _near(words: frozenset[str], tests: list[frozenset[str]]) -> bool:
    return any(len(words & test) >= NEAR * len(words | test) for test in tests)


def overlap(train: str, held_out: str, n: int = 8) -> float:
    """Return the share of the held-out text's ``n``-grams of words that training contains."""
    train_grams = set(_grams(train, n))
    held_grams = Counter(_grams(held_out, n))
    known = sum(count for gram, count in held_grams.items() if gram in train_grams)
    return known / max(1, held_grams.total())


def _grams(text: str, n: int) -> list[tuple[str, ...]]:
    words = bare(text).split()
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]

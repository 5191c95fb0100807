"""Parallel texts with Arabic: the interface strings of three web systems, translated by people."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polib

from coursekit.assets.catalogue import Kind
from coursekit.assets.entries import CATALOGUE
from coursekit.assets.errors import UnknownAssetError
from coursekit.assets.obtain import fetch

LANGUAGES: tuple[str, ...] = ("en", "ar", "zh", "hi", "es", "fr")
"""The languages that :func:`parallel_texts` takes; zh is Chinese in simplified characters."""

_FOLDERS = {"zh_Hans": "zh", "zh_CN": "zh"}
_DEFAULT = re.compile(r'Default: "(.*)"', re.DOTALL)
_IDENTIFIER = re.compile(r"[a-z0-9]+(?:[_.-][A-Za-z0-9_.-]+)+")


@dataclass(frozen=True)
class ParallelText:
    """One string in several languages; ``texts`` are in the order of the languages asked for."""

    origin: str
    texts: tuple[str, ...]


def parallel_texts(languages: Sequence[str] = ("en", "ar")) -> tuple[ParallelText, ...]:
    """Return the strings that exist in all of ``languages`` (of :data:`LANGUAGES`).

    Left out are plural forms, fuzzy or missing translations, translations equal to the English
    text, and repetitions. Placeholders such as ``%(name)s`` or ``${count}`` and HTML tags are as
    the translators left them. ``origin`` is the asset: Plone's strings are under GPL-2.0 and are
    for reading at run time only.
    """
    for language in languages:
        if language not in LANGUAGES:
            raise UnknownAssetError(
                f"there are no parallel texts in {language!r}, only in {', '.join(LANGUAGES)}."
            )
    found: dict[ParallelText, None] = {}
    for asset in CATALOGUE:
        if asset.kind is Kind.PARALLEL:
            tables = _tables(fetch(asset.name), languages)
            for key, english in tables.english.items():
                row = tables.row(key, english, languages)
                if row is not None:
                    found.setdefault(ParallelText(asset.name, row))
    return tuple(found)


@dataclass(frozen=True)
class _Tables:
    """Of one asset: English by (catalogue, message id), and translations by language as well."""

    english: dict[tuple[str, str], str]
    translated: dict[tuple[str, str, str], str]

    def row(
        self, key: tuple[str, str], english: str, languages: Sequence[str]
    ) -> tuple[str, ...] | None:
        texts = []
        for language in languages:
            text = english if language == "en" else self.translated.get((language, *key))
            if text is None or (language != "en" and text == english):
                return None
            texts.append(text)
        return tuple(texts)


def _tables(home: Path, languages: Sequence[str]) -> _Tables:
    tables = _Tables({}, {})
    for path in sorted(home.rglob("*.po")):
        folder = path.parent.parent.name
        language = _FOLDERS.get(folder, folder)
        catalogue = f"{path.parent.parent.parent.relative_to(home).as_posix()}/{path.name}"
        if language not in languages:
            continue
        for entry in polib.pofile(str(path), encoding="utf-8"):
            if entry.obsolete or entry.msgid_plural:
                continue
            key = (catalogue, f"{entry.msgctxt or ''}\x04{entry.msgid}")
            english = _english(entry)
            if english:
                tables.english.setdefault(key, english)
            if language != "en" and entry.msgstr and "fuzzy" not in entry.flags:
                tables.translated[language, *key] = entry.msgstr
    return tables


def _english(entry: polib.POEntry) -> str:
    """Return the English text of ``entry``; empty where only an identifier is known."""
    default = _DEFAULT.search(entry.comment)
    if default:
        return str(default[1])
    msgid = str(entry.msgid)
    return "" if _IDENTIFIER.fullmatch(msgid) else msgid

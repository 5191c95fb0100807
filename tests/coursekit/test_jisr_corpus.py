"""The corpus: plain text, split without leaks, held-out files that never change."""

from __future__ import annotations

import pytest

from coursekit.jisr import CorpusError, corpus, load_corpus
from coursekit.jisr.cleaning import clean_wikitext
from coursekit.jisr.split import Document, Pair, bare, overlap, split_documents, split_pairs

PARAGRAPH = (
    "'''Jisr''' is a [[bridge (structure)|bridge]] over a [[river]]<ref name=\"a\">A {{cite}}</ref>"
    " built in 1850{{fact|date=May}} by [http://example.org two engineers]; it is &quot;long&quot;"
    " and stands in the middle of the town, as everybody knows."
)


def test_wiki_markup_leaves_its_text() -> None:
    source = (
        "{{Infobox|a={{b}}}}\n== Heading ==\n"
        f"{PARAGRAPH}\n* a list\n[[File:a.jpg|thumb|A [[river]]]]\n"
        "{| class=x\n| a table " + "cell " * 40 + "\n|}\n[[Category:Bridges]]"
    )
    assert clean_wikitext(source) == [
        'Jisr is a bridge over a river built in 1850 by two engineers; it is "long"'
        " and stands in the middle of the town, as everybody knows."
    ]


def test_words_without_marks_placeholders_and_case() -> None:
    assert bare("Delete %(name)s <b>NOW</b>, 3 times") == "delete now times"
    assert bare("كِتـابٌ") == bare("كتاب")


def test_documents_are_held_out_whole_and_their_paragraphs_leave_training() -> None:
    shared = "A paragraph that two documents have in common, word for word."
    group = [
        Document(f"d{i}", (*(f"paragraph {i} {j} " + "word " * 12 for j in range(6)), shared))
        for i in range(10)
    ]
    split = split_documents([group], held_out=2, excerpt=200)
    again = split_documents([group[::-1]], held_out=2, excerpt=200)
    held = {line.split()[1] for line in split.held_out.split("\n") if line[:9] == "paragraph"}
    trained = {line.split()[1] for line in split.train.split("\n") if line[:9] == "paragraph"}
    assert split == again
    assert len(held) == 2 and len(trained) == 8 and not held & trained
    assert shared not in split.train


def test_like_strings_never_straddle_the_split() -> None:
    names = [f"{a}{b}" for a in "ابتثجحخد" for b in "رزسشصضطظ"]
    pairs = [
        Pair(f"Please {name} the page now", f"يرجى {name}ون هذه الصفحة {name} الآن")
        for name in names
    ]
    copies = [Pair(p.english, f"{p.arabic}!") for p in pairs]
    translations = [
        Pair(p.english, f"{name}ين {name}ات أخرى") for name, p in zip(names, pairs, strict=True)
    ]
    split = split_pairs(pairs, [*copies, *translations], held_out=600)
    held = {bare(line) for line in split.held_out.split("\n")}
    trained = {bare(line) for line in split.train.split("\n")}
    assert held and trained and not held & trained
    english = {bare(p.english) for p in pairs if bare(p.arabic) in held}
    others = [p for p in [*copies, *translations] if bare(p.english) in english]
    assert len(others) > 2
    assert not any(bare(p.arabic) in trained for p in others)


def test_near_copies_of_a_held_out_string_leave_training() -> None:
    held = Pair("one", "تم حذف الصفحة المطلوبة من الموقع بنجاح")
    near = Pair("two", "تم حذف الصورة المطلوبة من الموقع بنجاح")
    far = Pair("three", "مرحبا بكم في لوحة التحكم")
    split = split_pairs([held], [near, far], held_out=10)
    assert split.held_out == held.arabic
    assert split.train == far.arabic


def test_the_held_out_files_are_the_pinned_ones_and_do_not_leak() -> None:
    built = load_corpus()
    assert len(built.en.train) > 6_000_000 and len(built.ar.train) > 70_000
    for split in (built.en, built.ar):
        assert 15_000 < len(split.held_out.encode()) < 25_000
        assert overlap(split.train, split.held_out) < 0.01
    trained = {bare(line) for line in built.ar.train.split("\n")}
    assert not any(bare(line) in trained for line in built.ar.held_out.split("\n"))


def test_another_held_out_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(corpus.HELD_OUT_SHA256, "ar", "0" * 64)
    with pytest.raises(CorpusError, match="held-out ar file"):
        load_corpus()

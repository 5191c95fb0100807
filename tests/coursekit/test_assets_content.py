"""What the assets hold, read from the cache that ``make`` has filled, and the catalogue itself."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import numpy as np
import pytest

from coursekit import assets
from coursekit.assets import cache
from coursekit.assets.catalogue import Format
from coursekit.assets.errors import UnknownAssetError

SENTENCES = (
    "All human beings are born free and equal in dignity and rights.",
    "يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق.",
    "人人生而自由，在尊严和权利上一律平等。",
    "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।",
)
COUNTS = {
    "smollm2-135m-instruct": [13, 45, 29, 92],
    "cl100k": [13, 37, 21, 84],
    "o200k": [13, 18, 15, 25],
    "qwen": [13, 19, 12, 78],
    "deepseek": [13, 19, 13, 43],
    "aranizer-sp-64k": [25, 12, 20, 88],
}
BYTE_EXACT = [
    name for name in assets.TOKENIZERS if name not in {"all-minilm-l6-v2", "aranizer-sp-64k"}
]
AWKWARD = (
    "a\r\n\t  b 1234567 I'LL naïve e\u0301 \u0639\u064e\u0631 क्षि 👩‍👩‍👧 "
    "<|im_end|><|endoftext|>\u00a0\n\n "
)


def need(name: str) -> None:
    """Skip where the asset was never fetched; where it must have been, fail."""
    if not cache.is_present(assets.get(name)):
        message = f"run: python -m coursekit.assets fetch {name}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)


@pytest.mark.parametrize("name", COUNTS)
def test_token_counts_of_a_known_sentence_in_four_languages(name: str) -> None:
    need(name)
    tokenizer = assets.tokenizer(name)
    assert [len(tokenizer.encode(sentence)) for sentence in SENTENCES] == COUNTS[name]


@pytest.mark.parametrize("name", BYTE_EXACT)
def test_a_byte_level_tokenizer_gives_every_byte_back(name: str) -> None:
    need(name)
    tokenizer = assets.tokenizer(name)
    for text in (*SENTENCES, AWKWARD):
        assert b"".join(tokenizer.pieces(text)) == text.encode()
        assert tokenizer.decode(tokenizer.encode(text)) == text


@pytest.mark.parametrize("name", assets.TOKENIZERS)
def test_ids_are_below_the_vocabulary_size_and_others_are_refused(name: str) -> None:
    need(name)
    tokenizer = assets.tokenizer(name)
    assert max(tokenizer.encode(AWKWARD)) < tokenizer.vocab_size
    with pytest.raises(KeyError):
        tokenizer.token_bytes(tokenizer.vocab_size)


def test_the_name_of_a_special_token_in_a_text_is_only_text() -> None:
    for name in ("smollm2-135m-instruct", "cl100k", "gpt2"):
        need(name)
        assert len(assets.tokenizer(name).encode("<|endoftext|>")) > 1


@pytest.mark.parametrize(
    ("name", "pieces"),
    [
        ("cl100k", [b"We", b"'ll", b" pay", b" ", b"123", b"456", b"7"]),
        ("o200k", [b"We'll", b" pay", b" ", b"123", b"456", b"7"]),
        ("qwen", [b"We", b"'ll", b" pay", b" ", b"1", b"2", b"3", b"4", b"5", b"6", b"7"]),
    ],
)
def test_each_rank_file_is_read_with_its_own_rule_for_splitting(
    name: str, pieces: list[bytes]
) -> None:
    need(name)
    assert assets.tokenizer(name).pieces("We'll pay 1234567") == pieces


def test_words_are_found_again_in_the_pieces_of_a_tokenizer_that_normalizes() -> None:
    need("aranizer-sp-64k")
    need("all-minilm-l6-v2")
    assert b"".join(assets.tokenizer("aranizer-sp-64k").pieces("the sea")) == b" the sea"
    assert assets.tokenizer("all-minilm-l6-v2").pieces("Tokenizers") == [b"token", b"izer", b"s"]


def test_what_has_no_tokenizer_says_which_have_one() -> None:
    with pytest.raises(UnknownAssetError, match="cl100k"):
        assets.tokenizer("shakespeare")


def test_reviews_are_read_with_their_verdicts() -> None:
    need("rotten-tomatoes")
    reviews = assets.reviews()
    counts = [sum(review.verdict is verdict for review in reviews) for verdict in assets.Verdict]
    assert counts == [7403, 5405, 1083]
    assert all(review.text and review.film for review in reviews)


def test_shakespeare_is_whole_and_in_modern_spelling() -> None:
    need("shakespeare")
    works = {work.name: work.text for work in assets.shakespeare()}
    assert len(works) == 42
    assert "To be, or not to be,--that is the question" in works["hamlet"]


def test_wikipedia_articles_are_raw_wikitext_with_redirects_apart() -> None:
    need("wikipedia-sample")
    pages = assets.wikipedia_articles(redirects=True)
    articles = assets.wikipedia_articles()
    assert (len(pages), len(articles)) == (206, 106)
    assert sum(len(page.wikitext) for page in pages) > 5_700_000
    anarchism = next(article for article in articles if article.title == "Anarchism")
    assert "[[" in anarchism.wikitext and "{{" in anarchism.wikitext


def test_parallel_texts_are_translations_in_the_order_asked_for() -> None:
    for name in ("django-strings", "wagtail-strings", "plone-strings"):
        need(name)
    pairs = assets.parallel_texts(("en", "ar"))
    assert len(pairs) == 3_648
    arabic = re.compile(r"[\u0600-\u06ff]")
    assert sum(bool(arabic.search(pair.texts[1])) for pair in pairs) > 0.98 * len(pairs)
    assert not any(arabic.search(pair.texts[0]) for pair in pairs)
    texts = {pair.texts for pair in assets.parallel_texts(assets.LANGUAGES)}
    assert ("Arabic", "العربيّة", "阿拉伯语", "अरबी", "Árabe", "Arabe") in texts
    swapped = {pair.texts[::-1] for pair in assets.parallel_texts(("ar", "en"))}
    assert swapped == {pair.texts for pair in pairs}


def test_a_language_without_parallel_texts_is_named() -> None:
    with pytest.raises(UnknownAssetError, match="'de'"):
        assets.parallel_texts(("en", "de"))


def test_the_language_model_answers_and_keeps_standard_error_clean() -> None:
    need("smollm2-135m-instruct")
    code = (
        "from coursekit import assets\n"
        "model, tokenizer = assets.causal_lm()\n"
        "chat = [{'role': 'user', 'content': 'What is the capital of France?'}]\n"
        "inputs = tokenizer.apply_chat_template(\n"
        "    chat, add_generation_prompt=True, return_tensors='pt', return_dict=True)\n"
        "output = model.generate(**inputs, max_new_tokens=8, do_sample=False)\n"
        "print(model.dtype, tokenizer.decode(output[0, inputs['input_ids'].shape[1]:]))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("torch.float32 The capital of France is Paris")
    assert ran.stderr == ""


def test_sentences_of_like_meaning_are_near_whatever_their_batch() -> None:
    need("all-minilm-l6-v2")
    encoder = assets.sentence_encoder()
    sentences = ["A cat sits.", "A kitten is sitting on the mat.", "Stock prices fell."]
    together, alone = encoder.encode(sentences), encoder.encode(sentences, batch_size=1)
    assert together.shape == (3, encoder.dimension) == (3, 384)
    assert np.allclose(together.norm(dim=1), 1, atol=1e-5)
    assert np.allclose(together, alone, atol=1e-5)
    near, far = float(together[0] @ together[1]), float(together[0] @ together[2])
    assert near > 0.5 > far


def test_every_entry_of_the_catalogue_pins_what_it_reads() -> None:
    names = [asset.name for asset in assets.CATALOGUE]
    assert len(set(names)) == len(names)
    for asset in assets.CATALOGUE:
        hashes = [asset.package.sha256, *(member.sha256 for member in asset.members)]
        assert all(re.fullmatch(r"[0-9a-f]{64}", found) for found in hashes)
        assert asset.package.version in asset.package.filename
        assert asset.hub is None or re.fullmatch(r"[0-9a-f]{40}", asset.hub.revision)
        if asset.format is Format.PO:
            assert len(asset.members[0].globs) == 7

"""What Jisr asks of a tokenizer, and the two kinds it is given: bytes and trained subwords."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

START = "<|start|>"

# Words with their leading space, single digits, runs of punctuation, runs of white space.
# Marks (\p{M}) stay with their letters, so tashkeel and Devanagari vowels do not end a word.
WORDS = r" ?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+|\s+(?!\S)|\s+"


class TextTokenizer(Protocol):
    """A reversible tokenizer: ``decode(encode(text)) == text`` for every text."""

    @property
    def vocab_size(self) -> int:
        """The number of ids, the special ones included."""

    @property
    def start_id(self) -> int:
        """The special id that stands before the first token of every window."""

    def encode(self, text: str) -> list[int]:
        """Return the ids of ``text``, with no special ids added."""

    def decode(self, ids: list[int]) -> str:
        """Return the text of ``ids``."""


class ByteTokenizer:
    """The 256 bytes of UTF-8 as ids 0 to 255, and 256 as the start id."""

    vocab_size = 257
    start_id = 256

    def encode(self, text: str) -> list[int]:
        """Return one id for each UTF-8 byte."""
        return list(text.encode())

    def decode(self, ids: list[int]) -> str:
        """Return the text; bytes that are no UTF-8 become U+FFFD, a start id nothing."""
        return bytes(i for i in ids if i < 256).decode(errors="replace")


class SubwordTokenizer:
    """A ``tokenizers.Tokenizer`` seen through :class:`TextTokenizer`.

    ``start`` names the special token whose id stands before a window.
    """

    def __init__(self, inner: Tokenizer, *, start: str) -> None:
        start_id = inner.token_to_id(start)
        if start_id is None:
            raise ValueError(f"the tokenizer has no token {start!r}; name one that it has")
        self.inner = inner
        self.start_id: int = start_id

    @property
    def vocab_size(self) -> int:
        """The number of ids, added tokens included."""
        return int(self.inner.get_vocab_size(with_added_tokens=True))

    def encode(self, text: str) -> list[int]:
        """Return the ids of ``text``, with no special ids added."""
        return list(self.inner.encode(text, add_special_tokens=False).ids)

    def decode(self, ids: list[int]) -> str:
        """Return the text of ``ids``; special tokens are kept, so that nothing is lost."""
        return str(self.inner.decode(ids, skip_special_tokens=False))


def train_byte_bpe(texts: Iterable[str], vocab_size: int) -> SubwordTokenizer:
    """Train a byte-level BPE with ``vocab_size`` ids: 256 bytes, the start token, the merges.

    The same texts in the same order give the same tokenizer.
    """
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORDS), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[START],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator(texts, trainer)
    return SubwordTokenizer(inner, start=START)

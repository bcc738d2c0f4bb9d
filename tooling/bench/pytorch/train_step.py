"""The step of `bench train` in PyTorch, one a process: loss and gradient to the image embeddings through frozen weights.

python train_step.py JOB, where JOB is a JSON object with config, weights, inputs (safetensors), gradient (file to write),
threads, attention (sdpa or eager), logits (targets or all) and seconds; prints one JSON object.
"""

import json
import math
import os
import resource
import struct
import sys
import time

import torch
from torch.nn import functional

DTYPES = {"F32": torch.float32, "I64": torch.int64}


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


class Llama:
    """The decoder of modeling_llama.py with its weights in a dictionary; none of them requires a gradient."""

    def __init__(self, config, weights, attention, tokens):
        self.config, self.weights, self.attention = config, weights, attention
        half = config["headSize"] // 2
        frequencies = config["ropeTheta"] ** (-torch.arange(half).float() / half)
        angles = torch.outer(torch.arange(tokens).float(), frequencies).repeat(1, 2)
        self.cos, self.sin = angles.cos(), angles.sin()
        self.mask = torch.full((tokens, tokens), -math.inf).triu(1)

    def linear(self, x, name):
        return functional.linear(x, self.weights[f"{name}.weight"])

    def norm(self, x, name):
        weight = self.weights[f"{name}.weight"]
        return functional.rms_norm(x, weight.shape, weight, self.config["rmsNormEpsilon"])

    def rotate(self, x):
        first, second = x.chunk(2, -1)
        return x * self.cos + torch.cat([-second, first], -1) * self.sin

    def mix(self, q, k, v):
        groups = self.config["heads"] // self.config["kvHeads"]
        if self.attention == "sdpa":
            return functional.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=groups > 1)
        k, v = k.repeat_interleave(groups, 1), v.repeat_interleave(groups, 1)
        scores = q @ k.transpose(2, 3) * self.config["headSize"] ** -0.5 + self.mask
        return scores.softmax(-1) @ v

    def layer(self, x, path):
        split = lambda t: t.view(*t.shape[:2], -1, self.config["headSize"]).transpose(1, 2)
        y = self.norm(x, f"{path}.input_layernorm")
        q, k, v = (split(self.linear(y, f"{path}.self_attn.{part}_proj")) for part in "qkv")
        mixed = self.mix(self.rotate(q), self.rotate(k), v)
        x = x + self.linear(mixed.transpose(1, 2).flatten(2), f"{path}.self_attn.o_proj")
        y = self.norm(x, f"{path}.post_attention_layernorm")
        inner = functional.silu(self.linear(y, f"{path}.mlp.gate_proj")) * self.linear(y, f"{path}.mlp.up_proj")
        return x + self.linear(inner, f"{path}.mlp.down_proj")

    def loss(self, embeddings, rows, ids, logits):
        for i in range(self.config["layers"]):
            embeddings = self.layer(embeddings, f"model.layers.{i}")
        hidden = self.norm(embeddings, "model.norm").flatten(0, 1)
        head = "model.embed_tokens" if self.config["tiedHead"] else "lm_head"
        if logits == "targets":
            return functional.cross_entropy(self.linear(hidden[rows], head), ids)
        labels = torch.full(hidden.shape[:1], -100)
        labels[rows] = ids
        return functional.cross_entropy(self.linear(hidden, head), labels)


def main(job):
    torch.set_num_threads(job["threads"])
    started = time.perf_counter()
    inputs = load(job["inputs"])
    tokens = inputs["position_ids"].shape[1]
    model = Llama(job["config"], load(job["weights"]), job["attention"], tokens)
    seconds = time.perf_counter() - started

    def step():
        images = inputs["image_embeds"].clone().requires_grad_(True)
        embeddings = torch.cat([inputs["before"], images, inputs["behind"]], 1)
        loss = model.loss(embeddings, inputs["target_rows"], inputs["target_ids"], job["logits"])
        loss.backward()
        return loss.item(), images.grad

    step()
    times, end = [], time.perf_counter() + job["seconds"]
    while len(times) < 2 or time.perf_counter() < end:
        started = time.perf_counter()
        loss, gradient = step()
        times.append(time.perf_counter() - started)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    gradient.numpy().tofile(job["gradient"])
    print(json.dumps({"loadSeconds": seconds, "stepMs": 1000 * min(times), "peakBytes": peak, "loss": loss}))


main(json.loads(sys.argv[1]))

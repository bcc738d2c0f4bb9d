"""The stages of `bench stages` in PyTorch, one a process: python stages.py NAME THREADS prints one JSON object."""

import json
import sys
import time

import torch
from llama import memory
from torch import nn
from torch.nn import functional


class VisionBlock(nn.Module):
    def __init__(self, width=1408, heads=16, mlp=6144):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc1, self.fc2 = nn.Linear(width, mlp), nn.Linear(mlp, width)

    def forward(self, x):
        batch, tokens, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(batch, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(q, k, v)
        x = x + self.proj(mixed.transpose(1, 2).reshape(batch, tokens, width))
        return x + self.fc2(functional.gelu(self.fc1(self.norm2(x))))


class Vision(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.patches = nn.Conv2d(3, 1408, 14, 14)
        self.class_token, self.positions = nn.Parameter(torch.zeros(1, 1, 1408)), nn.Parameter(torch.zeros(1, 257, 1408))
        self.blocks = nn.Sequential(*[VisionBlock() for _ in range(depth)])
        self.norm = nn.LayerNorm(1408)

    def forward(self, image):
        x = torch.cat([self.class_token, self.patches(image).flatten(2).transpose(1, 2)], 1)
        return self.norm(self.blocks(x + self.positions))


class Attention(nn.Module):
    def __init__(self, width, other, heads=12):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = nn.Linear(width, width), nn.Linear(other, width), nn.Linear(other, width)
        self.dense, self.norm = nn.Linear(width, width), nn.LayerNorm(width, eps=1e-12)

    def forward(self, x, others):
        split = lambda t: t.view(t.shape[0], t.shape[1], self.heads, -1).transpose(1, 2)
        mixed = functional.scaled_dot_product_attention(
            split(self.query(x)), split(self.key(others)), split(self.value(others))
        )
        return self.norm(self.dense(mixed.transpose(1, 2).reshape(x.shape)) + x)


class QFormerLayer(nn.Module):
    def __init__(self, cross):
        super().__init__()
        self.attention = Attention(768, 768)
        self.crossattention = Attention(768, 1408) if cross else None
        self.expand, self.contract, self.norm = nn.Linear(768, 3072), nn.Linear(3072, 768), nn.LayerNorm(768, eps=1e-12)

    def forward(self, x, image):
        x = self.attention(x, x)
        if self.crossattention is not None:
            x = self.crossattention(x, image)
        return self.norm(self.contract(functional.gelu(self.expand(x))) + x)


class QFormer(nn.Module):
    def __init__(self):
        super().__init__()
        self.queries, self.norm = nn.Parameter(torch.randn(1, 32, 768)), nn.LayerNorm(768, eps=1e-12)
        self.layers = nn.ModuleList(QFormerLayer(i % 2 == 0) for i in range(12))

    def forward(self, image):
        x = self.norm(self.queries)
        for layer in self.layers:
            x = layer(x, image)
        return x


class RMSNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.weight


class LlamaLayer(nn.Module):
    def __init__(self, width, heads, kv_heads, mlp, past):
        super().__init__()
        self.heads, self.kv_heads, self.size, self.past = heads, kv_heads, width // heads, past
        self.norm1, self.norm2 = RMSNorm(width), RMSNorm(width)
        self.q, self.o = (nn.Linear(width, width, bias=False) for _ in range(2))
        self.k, self.v = (nn.Linear(width, kv_heads * self.size, bias=False) for _ in range(2))
        self.gate, self.up = (nn.Linear(width, mlp, bias=False) for _ in range(2))
        self.down = nn.Linear(mlp, width, bias=False)
        self.cache = [torch.randn(1, kv_heads, past, self.size) for _ in range(2)]

    def rotate(self, x):
        half = self.size // 2
        inverse = 10000 ** (-torch.arange(0, half).float() / half)
        angles = torch.outer(torch.arange(self.past, self.past + x.shape[2]).float(), inverse)
        cos, sin = torch.cat([angles.cos()] * 2, -1), torch.cat([angles.sin()] * 2, -1)
        return x * cos + torch.cat([-x[..., half:], x[..., :half]], -1) * sin

    def forward(self, x):
        split = lambda t, heads: t.view(1, -1, heads, self.size).transpose(1, 2)
        y = self.norm1(x)
        q, k = self.rotate(split(self.q(y), self.heads)), self.rotate(split(self.k(y), self.kv_heads))
        k = torch.cat([self.cache[0], k], 2).repeat_interleave(self.heads // self.kv_heads, 1)
        v = torch.cat([self.cache[1], split(self.v(y), self.kv_heads)], 2).repeat_interleave(self.heads // self.kv_heads, 1)
        mixed = functional.scaled_dot_product_attention(q, k, v)
        x = x + self.o(mixed.transpose(1, 2).reshape(x.shape))
        y = self.norm2(x)
        return x + self.down(functional.silu(self.gate(y)) * self.up(y))


def llama(width, heads, kv_heads, mlp, tokens, past):
    return LlamaLayer(width, heads, kv_heads, mlp, past), (torch.randn(1, tokens, width),)


STAGES = {
    "vit-g.block 1x257x1408": lambda: (Vision(1), (torch.randn(1, 3, 224, 224),)),
    "vit-g.39-blocks 1x257x1408": lambda: (Vision(39), (torch.randn(1, 3, 224, 224),)),
    "q-former 1x257x1408 to 1x32x768": lambda: (QFormer(), (torch.randn(1, 257, 1408),)),
    "projection 1x32x768 to 1x32x4096": lambda: (nn.Linear(768, 4096), (torch.randn(1, 32, 768),)),
    "llama-1.1b.layer prefill 128": lambda: llama(2048, 32, 4, 5632, 128, 1),
    "llama-1.1b.layer decode 1 after 256": lambda: llama(2048, 32, 4, 5632, 1, 257),
    "llama-7b.layer prefill 128": lambda: llama(4096, 32, 32, 11008, 128, 1),
    "llama-7b.layer decode 1 after 256": lambda: llama(4096, 32, 32, 11008, 1, 257),
}


@torch.inference_mode()
def main(name, threads):
    torch.set_num_threads(threads)
    started = time.perf_counter()
    module, inputs = STAGES[name]()
    module.eval()
    load = time.perf_counter() - started
    module(*inputs)
    times, end = [], time.perf_counter() + 4
    while len(times) < 3 or time.perf_counter() < end:
        started = time.perf_counter()
        module(*inputs)
        times.append(time.perf_counter() - started)
    peak = memory()["peakBytes"]
    print(json.dumps({"loadSeconds": load, "runMs": 1000 * sorted(times)[len(times) // 2], "peakBytes": peak}))


main(sys.argv[1], int(sys.argv[2]))

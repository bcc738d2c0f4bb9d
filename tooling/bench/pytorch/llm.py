"""A language model in PyTorch for `bench llm`, one a process: python llm.py JOB prints one JSON object.

JOB is a JSON object with config, weights (safetensors files), threads, dtype (bfloat16 or float32), prompt and warmUp (ids),
newTokens and prefillRuns.
"""

import json
import sys
import time

import torch
from llama import Llama, load, memory
from torch.nn import functional


class Cached(Llama):
    """Keys and values in memory made beforehand, of which each run fills the next rows."""

    def __init__(self, config, weights, tokens):
        super().__init__(config, weights, tokens)
        shape = [config["layers"], 2, 1, config["kvHeads"], tokens, config["headSize"]]
        self.cache, self.length = torch.zeros(shape, dtype=weights["model.norm.weight"].dtype), 0

    def mix(self, q, k, v, layer):
        end = self.length + q.shape[2]
        keys, values = self.cache[layer]
        keys[:, :, self.length : end], values[:, :, self.length : end] = k, v
        groups = self.config["heads"] // self.config["kvHeads"]
        alone = self.length == 0
        return functional.scaled_dot_product_attention(
            q, keys[:, :, :end], values[:, :, :end], is_causal=alone, enable_gqa=groups > 1
        )

    def read(self, ids):
        """The likeliest token after these."""
        x = functional.embedding(torch.tensor([ids]), self.weights["model.embed_tokens.weight"])
        for layer in range(self.config["layers"]):
            x = self.layer(x, layer, self.length)
        self.length += len(ids)
        return self.linear(self.norm(x[:, -1], "model.norm"), self.head).argmax().item()


@torch.inference_mode()
def main(job):
    torch.set_num_threads(job["threads"])
    started = time.perf_counter()
    dtype = getattr(torch, job["dtype"])
    weights = {name: tensor.to(dtype) for path in job["weights"] for name, tensor in load(path).items()}
    prompt, count = job["prompt"], job["newTokens"]
    model = Cached(job["config"], weights, max(len(prompt), len(job["warmUp"])) + count)
    model.read([model.read(job["warmUp"])])
    seconds = time.perf_counter() - started
    times = []
    for _ in range(job["prefillRuns"] + 1):
        model.length, start = 0, time.perf_counter()
        token = model.read(prompt)
        times.append(time.perf_counter() - start)
    start = time.perf_counter()
    for _ in range(count):
        token = model.read([token])
    decode = count / (time.perf_counter() - start)
    print(json.dumps({"loadSeconds": seconds, "prefill": len(prompt) / min(times), "decode": decode, **memory()}))


main(json.loads(sys.argv[1]))

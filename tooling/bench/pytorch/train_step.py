"""The step of `bench train` in PyTorch, one a process: loss and gradient to the image embeddings through frozen weights.

python train_step.py JOB, where JOB is a JSON object with config, weights, inputs (safetensors), gradient (file to write),
threads, attention (sdpa or eager), logits (targets or all) and seconds; prints one JSON object.
"""

import json
import math
import sys
import time

import torch
from llama import Llama, load, memory
from torch.nn import functional


class Trained(Llama):
    """The loss at the targets, with one of two attentions."""

    def __init__(self, config, weights, attention, tokens):
        super().__init__(config, weights, tokens)
        self.attention = attention
        self.mask = torch.full((tokens, tokens), -math.inf).triu(1)

    def mix(self, q, k, v, layer):
        groups = self.config["heads"] // self.config["kvHeads"]
        if self.attention == "sdpa":
            return functional.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=groups > 1)
        k, v = k.repeat_interleave(groups, 1), v.repeat_interleave(groups, 1)
        scores = q @ k.transpose(2, 3) * self.config["headSize"] ** -0.5 + self.mask
        return scores.softmax(-1) @ v

    def loss(self, embeddings, rows, ids, logits):
        for i in range(self.config["layers"]):
            embeddings = self.layer(embeddings, i)
        hidden = self.norm(embeddings, "model.norm").flatten(0, 1)
        if logits == "targets":
            return functional.cross_entropy(self.linear(hidden[rows], self.head), ids)
        labels = torch.full(hidden.shape[:1], -100)
        labels[rows] = ids
        return functional.cross_entropy(self.linear(hidden, self.head), labels)


def main(job):
    torch.set_num_threads(job["threads"])
    started = time.perf_counter()
    inputs = load(job["inputs"])
    tokens = inputs["position_ids"].shape[1]
    model = Trained(job["config"], load(job["weights"]), job["attention"], tokens)
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
    peak = memory()["peakBytes"]
    gradient.numpy().tofile(job["gradient"])
    print(json.dumps({"loadSeconds": seconds, "stepMs": 1000 * min(times), "peakBytes": peak, "loss": loss}))


main(json.loads(sys.argv[1]))

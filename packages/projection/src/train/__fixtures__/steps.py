"""Writes steps.json: ten AdamW steps of two micro-batches each, by PyTorch 2.13 in float32. Run: python steps.py"""

import json
import pathlib

import torch

torch.manual_seed(7)
BATCH, QUERIES, INPUT, OUTPUT, STEPS = 2, 3, 7, 5, 10


def numbers(tensor):
    return tensor.detach().double().flatten().tolist()


def train(linear, batches, rates, longest):
    groups = [{"params": [linear.weight], "weight_decay": 0.05}, {"params": [linear.bias], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1.0, betas=(0.9, 0.999), eps=1e-8)
    steps = []
    for step, rate in enumerate(rates):
        for group in optimizer.param_groups:
            group["lr"] = rate
        losses = []
        for features, target in batches[2 * step : 2 * step + 2]:
            loss = ((linear(features) - target) ** 2).mean()
            (loss / 2).backward()
            losses.append(loss.item())
        norm = torch.nn.utils.clip_grad_norm_(linear.parameters(), longest)
        optimizer.step()
        optimizer.zero_grad()
        steps.append({"losses": losses, "gradientNorm": norm.item()})
    return {
        "steps": steps,
        "weight": numbers(linear.weight),
        "bias": numbers(linear.bias),
        "weightMoments": [numbers(optimizer.state[linear.weight][k]) for k in ("exp_avg", "exp_avg_sq")],
    }


start = torch.nn.Linear(INPUT, OUTPUT)
batches = [(torch.randn(BATCH, QUERIES, INPUT), torch.randn(BATCH, QUERIES, OUTPUT)) for _ in range(2 * STEPS)]
rates = [0.01 * (1 + step % 4) for step in range(STEPS)]


def copy():
    linear = torch.nn.Linear(INPUT, OUTPUT)
    linear.load_state_dict(start.state_dict())
    return linear


result = {
    "shape": [BATCH, QUERIES, INPUT, OUTPUT],
    "weight": numbers(start.weight),
    "bias": numbers(start.bias),
    "rates": rates,
    "batches": [{"features": numbers(f), "target": numbers(t)} for f, t in batches],
    "free": train(copy(), batches, rates, float("inf")),
    "clipped": train(copy(), batches, rates, 0.3),
}
pathlib.Path(__file__).with_name("steps.json").write_text(json.dumps(result) + "\n")

"""Writes transformers-generate.json: what transformers 4.46.3 generates on a model made of a hash.

The scores of the next id are a hash of all ids before it (test/hash-model.ts is the same model), so a cache that does
not follow its beams changes the answers. Run with torch 2.13 and transformers 4.46.3:
    python transformers-generate.py > transformers-generate.json
"""

import json
import random

import torch
from transformers import GenerationMixin, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutput

VOCABULARY, PAD, SEED, RUNS = 23, 22, 7, 160
MASK = 0xFFFFFFFF


def multiply(a, b):
    return (a * b) & MASK


def scores_after(ids):
    state = 2166136261
    for i in ids:
        state = multiply(state ^ (i + 1), 16777619)
        state ^= state >> 13
    scores = []
    for v in range(VOCABULARY):
        x = state ^ multiply(v + 1, 0x9E3779B1)
        x ^= x >> 16
        x = multiply(x, 0x85EBCA6B)
        x ^= x >> 13
        x = multiply(x, 0xC2B2AE35)
        x ^= x >> 16
        scores.append(x / 2**32 * 6 - 3 + (1.5 if v < 4 else 0))
    return scores


class HashConfig(PretrainedConfig):
    model_type = "hash"

    def __init__(self, **rest):
        self.vocab_size, self.num_hidden_layers, self.hidden_size, self.num_attention_heads = VOCABULARY, 1, 1, 1
        super().__init__(**rest)


class HashModel(PreTrainedModel, GenerationMixin):
    config_class = HashConfig

    def __init__(self, config):
        super().__init__(config)
        self.embedding = torch.nn.Embedding(VOCABULARY, 1)
        self.prompt = []

    def get_input_embeddings(self):
        return self.embedding

    def prepare_inputs_for_generation(self, input_ids, inputs_embeds=None, **_):
        return {"input_ids": input_ids, "inputs_embeds": inputs_embeds}

    def forward(self, input_ids=None, inputs_embeds=None, **_):
        # the prompt is embeddings to generate(), as in MiniGPT-4; input_ids holds new ids only
        rows = [[scores_after(self.prompt + row)] for row in input_ids.tolist()]
        return CausalLMOutput(logits=torch.tensor(rows, dtype=torch.float32))


def one_run(model):
    beams, length = random.choice([1, 2, 2, 3, 3, 4, 5]), random.randint(1, 16)
    eos = random.choice([None, [3], [3], [2], [1, 9], [0, 7, 12]])
    ours = {"maxNewTokens": length, "beams": beams, "eosIds": eos or []}
    theirs = {"max_new_tokens": length, "num_beams": beams, "eos_token_id": eos}

    def option(name, their_name, value, chance):
        if random.random() < chance:
            ours[name] = theirs[their_name] = value

    option("repetitionPenalty", "repetition_penalty", random.choice([1.3, 2.0, 0.7]), 0.4)
    if eos:
        option("minNewTokens", "min_new_tokens", random.randint(1, length), 0.3)
    if beams > 1:
        option("lengthPenalty", "length_penalty", random.choice([-1.0, 0.0, 0.5, 2.0, 3.0]), 0.6)
        option("earlyStopping", "early_stopping", random.choice([True, "never"]), 0.6)
        option("returnSequences", "num_return_sequences", random.randint(1, beams), 0.4)
    model.prompt = [random.randrange(VOCABULARY) for _ in range(random.randint(1, 4))]
    result = model.generate(
        inputs_embeds=torch.zeros(1, len(model.prompt), 1), do_sample=False, use_cache=False, pad_token_id=PAD,
        return_dict_in_generate=True, output_scores=True, **theirs,
    )  # fmt: skip
    run = {"prompt": model.prompt, "options": ours, "sequences": result.sequences.tolist()}
    return run | ({"scores": result.sequences_scores.tolist()} if beams > 1 else {})


random.seed(SEED)
hash_model = HashModel(HashConfig()).eval()
runs = [one_run(hash_model) for _ in range(RUNS)]
note = "transformers-generate.py, seed 7; rows are padded with `pad`; a beam that ended on any eos id shows the first"
print(json.dumps({"note": note, "vocabulary": VOCABULARY, "pad": PAD, "runs": runs}))

"""Trains tiny sentencepiece models and writes what sentencepiece makes of many texts with each.

Run in this folder: pip install sentencepiece==0.2.3 protobuf, then python make-sentencepiece-fixtures.py
Writes NAME.model and sentencepiece-cases.json.
"""

import io
import json
import random
import tempfile

import sentencepiece
from sentencepiece import sentencepiece_model_pb2

NOUNS = "picture boat cat river house tree child street window bridge lamp garden dog table cloud hill".split()
VERBS = "shows holds crosses follows lights covers watches carries opens paints".split()
ADJECTIVES = "red small old bright quiet wooden green tall empty warm".split()
OTHER = ["caf\u00e9", "na\u00efve", "\u00fcber", "###Human:", "<Img>", "3.14", "2023,", "\u65e5\u672c", "\u00bfqu\u00e9?"]

MODELS = {
    # flags of LLaMA's tokenizer
    "bpe": dict(model_type="bpe", vocab_size=470, byte_fallback=True, normalization_rule_name="identity",
                remove_extra_whitespaces=False, user_defined_symbols=["<Img>", "###"]),
    "bpe-unused": dict(model_type="bpe", vocab_size=200, normalization_rule_name="identity", add_dummy_prefix=False),
    "unigram": dict(model_type="unigram", vocab_size=200, user_defined_symbols=["<Img>", "caf\u00e9s"]),
    "unigram-bytes": dict(model_type="unigram", vocab_size=420, byte_fallback=True, normalization_rule_name="identity",
                          remove_extra_whitespaces=False, user_defined_symbols=["###"]),
}

# a character map that is small: ligature, full-width letters, a decomposed accent, ideographic space, a removed one
RULES = [("\ufb01", "fi"), ("\uff21", "A"), ("\uff22", "B"), ("e\u0301", "\u00e9"), ("\u3000", " "), ("\u00ad", ""), ("\u2026", "...")]


def sentence(rng):
    words = ["the", rng.choice(ADJECTIVES), rng.choice(NOUNS), rng.choice(VERBS), "the", rng.choice(NOUNS)]
    if rng.random() < 0.4:
        words.insert(rng.randrange(len(words)), rng.choice(OTHER))
    return " ".join(words)


def rules_file(folder):
    path = f"{folder}/rules.tsv"
    with open(path, "w", encoding="utf8") as file:
        for source, target in RULES:
            file.write(" ".join(f"{ord(c):X}" for c in source) + "\t" + " ".join(f"{ord(c):X}" for c in target) + "\n")
    return path


def train(name, options):
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        if "normalization_rule_name" not in options:
            options = {**options, "normalization_rule_tsv": rules_file(folder)}
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter([sentence(rng) for _ in range(2000)]), model_writer=model, minloglevel=2,
            character_coverage=1.0, num_threads=1, hard_vocab_limit=False, **options)
    proto = sentencepiece_model_pb2.ModelProto.FromString(model.getvalue())
    proto.trainer_spec.ClearField("input")
    if name == "bpe-unused":
        for piece in proto.pieces[10:90:4]:
            piece.type = piece.UNUSED
    return proto.SerializeToString()


def texts(rng):
    fixed = ["", " ", "  ", "a", " a", "a ", "a  b", "\u2581", "a\u2581\u2581b\u2581", "<s>", "</s><unk>", "\n\t", "\ufeffx", "###", "a####b",
             "<Img><Img>", "caf\u00e9s", "cafe\u0301", "\ufb01n\u2026\u3000\uff21", "\u3000\u3000x", "\u00ad", "\u00ad \u00ad", "\U0001f600\U0001f601z", "the"]
    alphabet = "abcdehiorst  \u2581#<Img>\u00e9e\u0301\ufb01\u3000\u00ad\u65e5\U0001f600"
    noise = ["".join(rng.choice(alphabet) for _ in range(rng.randrange(1, 24))) for _ in range(50)]
    return fixed + [sentence(rng) for _ in range(20)] + noise


cases = {}
for name, options in MODELS.items():
    data = train(name, options)
    with open(f"{name}.model", "wb") as file:
        file.write(data)
    processor = sentencepiece.SentencePieceProcessor(model_proto=data)
    cases[name] = [[text, processor.encode(text), processor.decode(processor.encode(text))] for text in texts(random.Random(7))]
with open("sentencepiece-cases.json", "w", encoding="utf8") as file:
    file.write("{\n")
    for position, (name, entries) in enumerate(cases.items()):
        lines = ",\n".join("    " + json.dumps(entry, ensure_ascii=True) for entry in entries)
        file.write(f'  "{name}": [\n{lines}\n  ]{"," if position + 1 < len(cases) else ""}\n')
    file.write("}\n")

"""Writes blocks.gguf and what it reads as, blocks.safetensors, with gguf 0.19.0 and numpy 2: python make-gguf-fixture.py (seed 7)."""

import json
import struct
from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf.quants import dequantize, quantize

here = Path(__file__).parent
random = np.random.default_rng(7)
ROWS, COLUMNS = 3, 512

# bytes from the block's start to its float16 numbers, for the types that the package cannot quantise to
HALVES = {Type.Q4_K: (144, [0, 2]), Type.Q5_K: (176, [0, 2]), Type.Q6_K: (210, [208])}


def packed(kind):
    """Rows of random blocks: every bit pattern of the integers, scales of ordinary size and either sign."""
    if kind not in HALVES:
        return quantize(random.standard_normal((ROWS, COLUMNS), dtype=np.float32), kind)
    size, places = HALVES[kind]
    blocks = random.integers(0, 256, (ROWS * COLUMNS // 256, size), dtype=np.uint8)
    for place in places:
        halves = random.standard_normal(len(blocks)).astype(np.float16)
        blocks[:, place : place + 2] = halves.view(np.uint8).reshape(-1, 2)
    return blocks.reshape(ROWS, -1)


writer = gguf.GGUFWriter(here / "blocks.gguf", "llama")
writer.add_uint8("test.uint8", 200)
writer.add_int8("test.int8", -100)
writer.add_uint16("test.uint16", 60000)
writer.add_int16("test.int16", -30000)
writer.add_uint32("test.uint32", 4_000_000_000)
writer.add_int32("test.int32", -2_000_000_000)
writer.add_float32("test.float32", 0.5)
writer.add_bool("test.bool", True)
writer.add_string("test.string", "käse 🧀")
writer.add_uint64("test.uint64", 2**63 + 1)
writer.add_int64("test.int64", -(2**53) + 1)
writer.add_float64("test.float64", 0.1)
writer.add_array("test.strings", ["", "a", "b c"])
writer.add_array("test.numbers", [1, -2, 3])
writer.add_array("test.nested", [[1, 2], [3]])

expected = {}
for kind in [Type.F32, Type.F16, Type.BF16, Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1, Type.Q8_0, *HALVES]:
    stored = packed(kind)
    writer.add_tensor(kind.name, stored, raw_dtype=kind)
    expected[kind.name] = dequantize(stored, kind).astype(np.float32).reshape(ROWS, COLUMNS)
# a list whose rows are single elements of a block
writer.add_tensor("list", packed(Type.Q8_0)[:1].reshape(-1), raw_shape=(COLUMNS // 32 * 34,), raw_dtype=Type.Q8_0)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()

header, data = {}, b""
for name, values in expected.items():
    header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [len(data), len(data) + values.nbytes]}
    data += values.tobytes()
text = json.dumps(header).encode()
(here / "blocks.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)

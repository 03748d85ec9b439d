"""A graph that is cut in two, for arithmetic in two number types, says what the whole one says."""

from __future__ import annotations

import numpy as np
import pytest

from moderation.scoring import describe
from moderation.scoring.catalogue.descriptions import MODELS
from moderation.scoring.conversion.convert import EXACT_PARTS
from moderation.scoring.inference.compiled import Request, compile_graph, read_graphs
from moderation.scoring.inference.session import InferenceSession, pad
from moderation.scoring.inference.tokens import Tokens

COMPACT = MODELS["compact"]
TEXTS = ["Thank you for the timetable.", "You are a pathetic idiot, and nobody wants to read page four of it."]


@pytest.mark.parametrize("output", ["probabilities", "tokens"])
@pytest.mark.parametrize("parts", [part for part in EXACT_PARTS if part])
def test_the_halves_of_the_embedded_model_say_what_it_says(parts: int, output: str) -> None:
    tokens = Tokens(COMPACT / "tokenizer.json")
    windows = [tokens.enclose(ids) for ids in tokens.encode(TEXTS)]
    halves = read_graphs(COMPACT / "model.xml", output=output, exact_parts=parts)
    assert len(halves) == 2
    found = Request(tuple(compile_graph(half, 1, "f32").create_infer_request() for half in halves)).run(*pad(windows))
    session = InferenceSession(COMPACT / "model.xml", threads=1, precision="f32", output=output)
    if output == "tokens":
        pairs = zip(found, session.run_tokens(windows), strict=True)
        assert all(np.abs(row[1 : 1 + len(whole)] - whole).max() < 1e-5 for row, whole in pairs)
    else:
        assert np.abs(found - session.run(windows, len(describe("compact").outputs))).max() < 1e-5

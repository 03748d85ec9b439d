"""Partial responses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.perspective.errors import Refused
from moderation.perspective.messages.masks import masked, read_mask
from moderation.perspective.messages.schema import ANALYZE_RESPONSE

SCORE = {"value": 0.9, "type": "PROBABILITY"}
SCORES = {"summaryScore": SCORE, "spanScores": [{"begin": 0, "end": 4, "score": SCORE}]}
RESPONSE = {"attributeScores": {"TOXICITY@6": SCORES, "INSULT": SCORES}, "languages": ["en"], "clientToken": "t"}


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        ("", RESPONSE),
        ("*", RESPONSE),
        ("languages", {"languages": ["en"]}),
        ("client_token, languages", {"languages": ["en"], "clientToken": "t"}),
        (
            "attributeScores/TOXICITY@6/summaryScore/value",
            {"attributeScores": {"TOXICITY@6": {"summaryScore": {"value": 0.9}}}},
        ),
        (
            "attributeScores.INSULT(summaryScore(type))",
            {"attributeScores": {"INSULT": {"summaryScore": {"type": "PROBABILITY"}}}},
        ),
        (
            "attributeScores(*/spanScores(begin,end))",
            {
                "attributeScores": {
                    "TOXICITY@6": {"spanScores": [{"begin": 0, "end": 4}]},
                    "INSULT": {"spanScores": [{"begin": 0, "end": 4}]},
                }
            },
        ),
        ("attributeScores/THREAT", {"attributeScores": {}}),
    ],
)  # fmt: skip
def test_a_mask_leaves_what_it_names(fields: str, left: Any) -> None:
    assert masked(RESPONSE, read_mask(fields, ANALYZE_RESPONSE)) == left


@pytest.mark.parametrize(
    "fields",
    ["nothing", "languages/x", "attributeScores(", "attributeScores(INSULT", "a,,b", "languages)", "/", "()",
     "x" * 3000, "attributeScores/INSULT/summaryScore/colour", "attributeScores" + "/a" * 50, "(" * 500],
)  # fmt: skip
def test_a_mask_that_leads_nowhere_is_refused_as_google_does(fields: str) -> None:
    with pytest.raises(Refused) as refused:
        read_mask(fields, ANALYZE_RESPONSE)
    assert refused.value.code == 400
    assert "'fields' parameter" in refused.value.message


@given(st.text(alphabet="ab,()/.* ", max_size=40) | st.text(max_size=40))
def test_any_mask_is_read_or_refused(fields: str) -> None:
    try:
        assert isinstance(masked(RESPONSE, read_mask(fields, ANALYZE_RESPONSE)), dict)
    except Refused as refused:
        assert refused.code == 400  # noqa: PT017 - a mask is as good

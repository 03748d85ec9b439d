"""What a preview signs is read back whole, by its person, for its terms, within an hour, and for nothing else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import signing
from hypothesis import assume, given
from hypothesis import strategies as st

from moderation.services.errors import ServiceError
from moderation.services.review import previews
from moderation.services.review.previews import PreviewTerms, preview_check, preview_read, preview_sign
from moderation.services.states.version import VersionToken

MORNING = datetime(2030, 1, 31, 8, tzinfo=UTC)
VERSIONS = st.builds(VersionToken, st.integers(1, 2**62), st.integers(1, 9), st.integers(0, 9))
TOKENS = st.lists(VERSIONS, unique_by=lambda one: one.comment_id, max_size=50)
TERMS = st.builds(
    PreviewTerms,
    actor=st.builds(User, id=st.integers(1, 9)),
    scope=st.sampled_from(["selection", "subtree:1", "subtree:11", "range:toxicity:0.5:1.0:[]"]),
    action=st.sampled_from(["approve", "reject", "defer"]),
    reason=st.sampled_from(["", "spam", "insult"]),
    until=st.none() | st.integers(0, 3).map(lambda hours: MORNING + timedelta(hours=hours)),
)


def read(tokens: list[VersionToken]) -> dict[int, VersionToken]:
    return {one.comment_id: one for one in tokens}


def is_refused(check: Callable[[], object]) -> bool:
    with pytest.raises(ServiceError) as caught:
        check()
    return caught.value.code == "preview_changed"


@given(terms=TERMS, tokens=TOKENS)
def test_a_preview_gives_back_just_what_went_into_it(terms: PreviewTerms, tokens: list[VersionToken]) -> None:
    signature = preview_sign(terms=terms, tokens=tokens)
    assert preview_read(terms=terms, signature=signature) == read(tokens)
    preview_check(terms=terms, tokens=read(tokens[::-1]), signature=signature)


@given(terms=TERMS, others=TERMS, tokens=TOKENS)
def test_a_preview_is_good_for_its_own_person_page_action_reason_and_end_only(
    terms: PreviewTerms, others: PreviewTerms, tokens: list[VersionToken]
) -> None:
    assume(terms != others)
    signature = preview_sign(terms=terms, tokens=tokens)
    assert is_refused(lambda: preview_read(terms=others, signature=signature))


@given(terms=TERMS, tokens=TOKENS, others=TOKENS, kept=st.integers(0, 50))
def test_comments_that_are_added_left_out_or_of_another_version_are_refused(
    terms: PreviewTerms, tokens: list[VersionToken], others: list[VersionToken], kept: int
) -> None:
    signature, forged = preview_sign(terms=terms, tokens=tokens), read(tokens[:kept]) | read(others)
    assume(forged != read(tokens))
    assert is_refused(lambda: preview_check(terms=terms, tokens=forged, signature=signature))


@given(terms=TERMS, tokens=TOKENS, data=st.data())
def test_a_signature_that_was_tampered_with_is_refused(
    terms: PreviewTerms, tokens: list[VersionToken], data: st.DataObject
) -> None:
    signature = preview_sign(terms=terms, tokens=tokens)
    at = data.draw(st.integers(0, len(signature) - 1))
    forged = signature[:at] + data.draw(st.text(max_size=3)) + signature[at + 1 :]
    assume(forged != signature)
    assert is_refused(lambda: preview_read(terms=terms, signature=forged))


@pytest.mark.parametrize("signature", ["", "x", ":::", "é" * 9])
def test_a_text_that_nobody_signed_is_refused(signature: str) -> None:
    terms = PreviewTerms(actor=User(id=1), scope="selection", action="approve")
    assert is_refused(lambda: preview_read(terms=terms, signature=signature))


def test_a_signature_of_another_purpose_is_refused() -> None:
    terms = PreviewTerms(actor=User(id=1), scope="selection", action="approve")
    forged = signing.dumps([terms.signed_parts, [1], {}], salt="elsewhere", compress=True)
    assert is_refused(lambda: preview_read(terms=terms, signature=forged))


def test_a_preview_lasts_an_hour(monkeypatch: Any) -> None:
    terms = PreviewTerms(actor=User(id=1), scope="selection", action="approve")
    signature = preview_sign(terms=terms, tokens=[])
    monkeypatch.setattr(previews, "PREVIEW_SECONDS", -1)
    assert is_refused(lambda: preview_read(terms=replace(terms), signature=signature))


def test_a_thousand_comments_take_some_kilobytes() -> None:
    terms = PreviewTerms(actor=User(id=1), scope="selection", action="approve")
    tokens = [VersionToken(3 * at + at % 7, 1, 1 + at % 2) for at in range(1, 1_001)]
    assert len(preview_sign(terms=terms, tokens=tokens)) < 10_000

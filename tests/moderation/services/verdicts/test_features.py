"""Features of a text: what judging again needs without the text."""

from hypothesis import given
from hypothesis import strategies as st

from archive.models import Comment
from moderation.policies import Features
from moderation.services.verdicts.features import comment_facts, comment_features, features_of, near_hash

TEXT = "The ministry said on Tuesday that the second battery would come before the year ends, and nobody believed it."


def bits_apart(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def test_links_are_counted_once_each_wherever_they_stand() -> None:
    raw = '<a href="https://a.example/x">https://a.example/x</a> and www.b.example, not a.example.'
    assert comment_features(Comment(raw=raw, text="abc", text_hash="h")).links == 2


def test_length_is_in_characters() -> None:
    assert comment_features(Comment(raw="Äöü 👍", text="Äöü 👍")).length == 5


def test_the_facts_that_a_review_stores_are_hash_and_features_and_nothing_of_the_text() -> None:
    facts = comment_facts(Comment(raw="Äöü 👍", text="Äöü 👍", text_hash="h"))
    assert facts == {"text_hash": "h", "links": 0, "length": 5, "near_hash": facts["near_hash"], "capitals": 0.3333}
    assert features_of(facts) == comment_features(Comment(raw="Äöü 👍", text="Äöü 👍"))


def test_what_the_stored_facts_lack_is_not_known() -> None:
    assert features_of({"text_hash": "h", "links": 0, "muted": True}) == Features(links=0)


def test_texts_that_nearly_agree_have_hashes_that_nearly_agree() -> None:
    near = bits_apart(near_hash(TEXT), near_hash(TEXT.replace("second", "third").upper()))
    far = bits_apart(near_hash(TEXT), near_hash("Ferries leave the harbour at nine; the museum opens an hour later."))
    assert near < 20 < far


def test_a_text_without_a_word_has_no_hash() -> None:
    assert near_hash("?! …") == ""


@given(st.text())
def test_any_text_has_a_hash_of_64_bits_or_none(text: str) -> None:
    assert len(near_hash(text)) in {0, 16}

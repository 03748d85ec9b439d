"""Parts never share a text, and a text never changes its part."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from moderation.training.data.cleaning import key_of
from moderation.training.data.splitting import PARTS, part_of, split
from moderation.training.examples import Example

TEXTS = [f"Remark {n} on page {n * 7}." for n in range(400)]


def test_about_a_tenth_is_kept_for_the_test_and_less_for_choices() -> None:
    parts = split(Example(f"Remark number {n}, the {n * 7} th.", "own") for n in range(3000))
    assert 200 < len(parts["test"]) < 400
    assert 100 < len(parts["dev"]) < 260


def test_parts_do_not_share_a_text_though_it_is_in_several_sets() -> None:
    examples = [Example(text, name) for name in ("wikipedia", "context") for text in TEXTS]
    keys = [{key_of(one.text) for one in part} for part in split(examples).values()]
    assert not keys[0] & keys[1] | keys[0] & keys[2] | keys[1] & keys[2]


def test_a_group_falls_into_one_part() -> None:
    groups = [[Example(f"{word} {n}", "paradetox", group=f"g{n}") for word in ("bad", "good")] for n in range(50)]
    assert all(len({part_of(one) for one in group}) == 1 for group in groups)


@given(st.text(), st.sampled_from(["wikipedia", "tweets"]))
def test_the_part_follows_from_the_text_alone(text: str, name: str) -> None:
    assert part_of(Example(text, name)) == part_of(Example(f" {text}!", "civil", weight=2.0)) in PARTS

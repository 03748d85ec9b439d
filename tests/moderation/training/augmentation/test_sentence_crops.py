"""Sentences out of longer comments: whole ones, without labels, in the fold of the comment that they are from."""

from __future__ import annotations

from moderation.training.augmentation.concatenation import concatenated
from moderation.training.augmentation.sentence_crops import CROPPED, sentence_crops
from moderation.training.data.cleaning import key_of
from moderation.training.examples import Example
from moderation.training.teachers.stacking import FOLDS, fold_of

LONG = "The ferry was late again. Who wrote this timetable? A clown, I think!\nStill, the coffee was good. See you."
SENTENCES = {
    "The ferry was late again.",
    "Who wrote this timetable?",
    "A clown, I think!",
    "Still, the coffee was good.",
}


def comments(count: int, name: str = "wikipedia") -> list[Example]:
    return [Example(f"{LONG} Number {n}.", name, {"toxicity": 1.0}) for n in range(count)]


def test_a_crop_is_a_run_of_sentences_and_has_no_label() -> None:
    found = list(sentence_crops(comments(60), seed=1))
    assert len(found) > 40
    for one in found:
        assert (one.set, one.labels, one.spans) == (CROPPED, {}, None)
        assert " ".join(one.text.split()) in " ".join(LONG.split()) or "Number" in one.text
    assert {one.text for one in found} & SENTENCES


def test_the_same_seed_crops_the_same() -> None:
    first, again, other = (list(sentence_crops(comments(20), seed)) for seed in (1, 1, 2))
    assert first == again != other


def test_short_comments_and_other_sets_are_left_whole() -> None:
    assert not list(
        sentence_crops([Example("One sentence. And another.", "wikipedia"), *comments(3, "tweets")], seed=1)
    )


def test_what_was_made_of_a_comment_is_in_its_fold() -> None:
    whole = [*comments(40), *(Example(f"You fool {n}", "own", {"toxicity": 1.0}) for n in range(40))]
    beside = Example("A calm and friendly sentence of some length, and more of it.", "context", {"toxicity": 0.0})
    made = [*sentence_crops(whole, seed=1), *concatenated([*whole, beside], seed=1)]
    folds = {fold_of(one) for one in whole}
    assert folds == set(range(FOLDS))
    for one in whole:
        parts = [part for part in made if key_of(one.text) in part.group]
        assert parts or one.set == "wikipedia"
        assert {fold_of(part) for part in parts} <= {fold_of(one)}

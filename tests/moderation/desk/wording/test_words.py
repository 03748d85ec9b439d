"""What a person is told: fields by their names, comments by who wrote them and what they say."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from archive.models import Commenter
from moderation.models import Review

Desk = Callable[..., str]


@pytest.mark.parametrize(
    ("page", "query", "told"),
    [
        ("queue", {"low": "0.5"}, "Score of: A range of scores needs the attribute."),
        ("queue", {"source": "none-such"}, "Source: Select a valid choice."),
        ("queue", {"article": "no such words"}, "Article: No title"),
        ("batch", {"lower": "0.5"}, "to: A range has two ends."),
        ("batch", {"lower": "x", "upper": "1"}, "from: Enter a number."),
    ],
)
def test_an_error_names_its_field_in_words(
    moderator: Client, desk: Desk, page: str, query: dict[str, str], told: str
) -> None:
    answer = moderator.get(desk("queue", "pending") if page == "queue" else desk("batch"), query)
    assert answer.status_code == 400
    assert f"<li>{told}" in answer.content.decode()


def test_a_comment_is_called_by_its_author_and_its_first_words(
    moderator: Client, desk: Desk, make_pending: Callable[..., Review], commenter: Commenter
) -> None:
    review = make_pending("One two three four five six seven eight nine.")
    page = moderator.get(desk("queue", "pending")).content.decode()
    name = f"#{review.pk}, {commenter}: One two three four five six seven eight"
    assert f'aria-label="Select {name}"' in page
    assert f'data-open-card aria-label="{name}"' in page
    assert f'aria-labelledby="approve-{review.pk} card-{review.pk}"' in page


def test_a_blurred_comment_is_called_without_its_words_and_a_slur_is_masked(
    moderator: Client, desk: Desk, make_pending: Callable[..., Review]
) -> None:
    hidden, masked = make_pending("Words that hurt.", threat=0.9), make_pending("You retards.", commenter=None)
    cards = {card.comment.pk: card for card in moderator.get(desk("queue", "pending")).context["cards"]}
    assert "Words" not in cards[hidden.pk].spoken
    assert cards[masked.pk].spoken == f"#{masked.pk}: You r••••••."


def test_the_direction_of_a_text_is_that_of_its_letters(
    moderator: Client, desk: Desk, make_pending: Callable[..., Review]
) -> None:
    """`dir="auto"` looks at an element's own text: what is in a `bdi` or has a `dir` of its own does not count."""
    review = make_pending("אתה טיפש")
    make_pending("כן", parent=review.comment)
    for address in (desk("queue", "pending"), desk("comment", review.pk), desk("subtree", review.pk)):
        found = re.findall(
            r'class="comment-text[^>]*dir="auto">\s*<(\w+)([^>]*)>', moderator.get(address).content.decode()
        )
        assert found
        assert set(found) == {("span", "")}

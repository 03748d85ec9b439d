"""The list of comments: what each filter keeps, and what a page of it costs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from archive.models import OriginState
from moderation.models import State

LIST = "admin:archive_comment_changelist"


@pytest.fixture
def shown(staff):
    """Returns the texts that the list shows for some parameters: `shown(flagged="yes")`."""
    viewer = staff("viewer")

    def ask(**parameters):
        page = viewer.get(reverse(LIST), parameters)
        assert page.status_code == 200, page.headers.get("location")
        return [comment.excerpt for comment in page.context["cl"].result_list]

    return ask


def test_flagged_and_state_filters_keep_what_they_say(shown, make_comment, make_review):
    make_comment("unscored")
    make_review(make_comment("passed"))
    make_review(make_comment("pending"), toxicity=0.9)
    make_review(make_comment("rejected"), toxicity=0.95, state=State.REJECTED)
    edited = make_comment("edited")
    make_review(edited, toxicity=0.9)
    edited.revision = 2
    edited.save()
    assert shown(flagged="yes") == ["edited", "rejected", "pending"]
    assert shown(flagged="no") == ["passed"]
    assert shown(state="unscored") == ["edited", "unscored"]
    assert shown(state="pending") == ["pending"]
    assert shown(flagged="yes", state="rejected") == ["rejected"]
    assert shown(state="closed") == []


def test_other_filters_keep_what_they_say(shown, make_comment, make_review, article, source):
    make_review(make_comment("plain"), toxicity=0.2)
    make_review(make_comment("spam", origin_state=OriginState.SPAM, language="tr"), toxicity=0.6, insult=0.9, held=True)
    assert shown(origin_state__exact="spam") == ["spam"]
    assert shown(held="yes") == ["spam"]
    assert shown(language="tr") == ["spam"]
    assert shown(language="en") == ["plain"]
    assert shown(source=source.slug, section="Politics") == ["spam", "plain"]
    assert shown(source=source.slug, section="Sport") == []
    assert shown(article__id__exact=article.pk + 1) == []
    assert shown(score_of="insult", score_from="0.9", score_to="0.9") == ["spam"]
    assert shown(score_of="toxicity", score_to="0.5") == ["plain"]


def test_search_finds_all_of_the_words(shown, make_comment):
    make_comment("The harbour is closed.")
    make_comment("The harbour is open.")
    assert shown(q="closed harbour") == ["The harbour is closed."]


@pytest.mark.parametrize("parameters", [{"score_of": "text"}, {"score_of": "toxicity", "score_from": "much"}])
def test_a_range_that_makes_no_sense_is_refused(staff, make_comment, parameters):
    answer = staff("viewer").get(reverse(LIST), parameters)
    assert (answer.status_code, answer.headers["location"]) == (302, f"{reverse(LIST)}?e=1")


def test_each_row_says_its_state_its_scores_and_its_reasons(staff, make_comment, make_review):
    make_comment("unscored")
    make_review(make_comment("calm"), toxicity=0.12)
    make_review(make_comment("rude"), toxicity=0.93, insult=0.71, held=True, reader_flags=2)
    page = staff("viewer").get(reverse(LIST)).content.decode()
    for words in ("toxicity 0.93 ≥ 0.80", "insult 0.71 ≥ 0.70", "toxicity 0.12", "2 reader flags"):
        assert words in page
    for mark in ("unscored", "passed", "pending", "held", "flagged"):
        assert f'class="mark mark-{mark}"' in page


def test_an_edited_comment_does_not_wear_the_verdict_on_its_earlier_text(staff, make_comment, make_review):
    comment = make_comment("rude")
    make_review(comment, toxicity=0.93)
    comment.revision = 2
    comment.save()
    page = staff("viewer").get(reverse(LIST)).content.decode()
    assert 'class="mark mark-unscored"' in page
    assert "≥ 0.80" not in page
    assert 'class="mark mark-flagged"' not in page


@pytest.mark.parametrize("parameters", [{}, {"flagged": "yes"}, {"state": "pending", "q": "remark"}])
def test_a_list_of_fifty_costs_as_many_queries_as_one_of_five(staff, make_comment, make_review, parameters):
    moderator = staff("moderator")

    def cost():
        with CaptureQueriesContext(connection) as queries:
            page = moderator.get(reverse(LIST), parameters)
        return len(page.context["cl"].result_list), len(queries)

    for _ in range(5):
        make_review(make_comment("A calm remark."), toxicity=0.9)
    rows_of_five, few = cost()
    for _ in range(45):
        make_review(make_comment("A calm remark."), toxicity=0.9)
    rows_of_fifty, many = cost()
    assert (rows_of_five, rows_of_fifty) == (5, 50)
    assert few == many <= 15


@pytest.mark.parametrize(
    ("parameters", "order"),
    [
        ({}, 'ORDER BY "archive_comment"."created_at" DESC, "archive_comment"."id" DESC'),
        ({"flagged": "yes"}, 'ORDER BY "moderation_review"."created_at" DESC, "moderation_review"."comment_id" DESC'),
    ],
)
def test_the_keys_of_a_page_are_found_by_an_index_and_without_the_joins_of_the_columns(
    staff, make_comment, make_review, parameters, order
):
    make_review(make_comment(), toxicity=0.9)
    viewer = staff("viewer")
    with CaptureQueriesContext(connection) as queries:
        viewer.get(reverse(LIST), parameters)
    keys = next(query["sql"] for query in queries if order in query["sql"])
    assert '"archive_article"' not in keys
    assert "moderation_score" not in keys


def test_risk_sorts_only_where_an_index_does(staff, make_comment, make_review):
    for number in range(3):
        make_review(make_comment(f"risk {number}"), toxicity=0.8 + number / 10)
    viewer = staff("viewer")
    assert "column-risk" in viewer.get(reverse(LIST)).content.decode()
    assert "sortable column-risk" not in viewer.get(reverse(LIST)).content.decode()
    page = viewer.get(reverse(LIST), {"flagged": "yes"}).content.decode()
    assert "sortable column-risk" in page
    by_risk = viewer.get(reverse(LIST), {"flagged": "yes", "o": "4"}).context["cl"].result_list
    assert [comment.text for comment in by_risk] == ["risk 0", "risk 1", "risk 2"]

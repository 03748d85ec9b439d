"""Finding again: comments by their words, people and articles by name, and views that are saved under one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from archive.models import Article, Commenter, Source
from moderation.models import Review, SavedView
from moderation.services.team import saved_views

pytestmark = pytest.mark.django_db
MOST_QUERIES = 14


@pytest.fixture
def ids() -> Callable[..., list[int]]:
    """Returns the comments of a page in its order."""

    def read(client: Client, address: str, **query: Any) -> list[int]:
        return [card.comment.pk for card in client.get(address, query).context["cards"]]

    return read


def test_words_find_comments_of_every_state_and_within_a_queue_with_its_filters(
    moderator: Client, desk: Callable[..., str], make_pending: Callable[..., Review], ids: Any
) -> None:
    first = make_pending("The old harbour burns.", risk=1.0)
    second = make_pending("A harbour, an OLD one!", state="rejected", risk=3.0)
    make_pending("Only old.")
    assert ids(moderator, desk("queue", "all"), q="old harbour") == [second.pk, first.pk]
    assert ids(moderator, desk("queue", "all"), q="harbour old", order="risk") == [second.pk, first.pk]
    assert ids(moderator, desk("queue", "pending"), q="harbour") == [first.pk]
    assert ids(moderator, desk("queue", "all"), q="harbour", attribute="toxicity", low="0.95") == []
    assert ids(moderator, desk("queue", "all"), q="?!") == [], "what is no word finds nothing"


def test_unscored_comments_are_searched_too(
    moderator: Client, desk: Callable[..., str], make_comment: Callable[..., Any], ids: Any
) -> None:
    comment = make_comment("A quiet harbour.")
    make_comment("Nothing.")
    assert ids(moderator, desk("queue", "unscored"), q="harbour") == [comment.pk]


def test_all_comments_come_by_number_and_page_by_page(
    staff: Callable[..., Client], desk: Callable[..., str], make_pending: Callable[..., Review], ids: Any
) -> None:
    client = staff("moderator")
    client.post(desk("settings"), {"page_size": "10"})
    rows = [make_pending(state="passed").pk for _ in range(12)]
    page = client.get(desk("queue", "all"))
    assert [card.comment.pk for card in page.context["cards"]] == rows[::-1][:10]
    assert ids(client, desk("queue", "all"), after=page.context["page"].after) == rows[::-1][10:]
    assert ids(client, desk("queue", "all"), order="oldest") == rows[:10]


def test_what_was_searched_for_leads_from_comment_to_comment_and_all_comments_do_not(
    moderator: Client, desk: Callable[..., str], make_pending: Callable[..., Review], version: Callable[[Review], str]
) -> None:
    rows = [make_pending("The harbour.", state=state) for state in ("passed", "pending")]
    make_pending("Nothing.")
    there = desk("comment", rows[1].pk) + "?queue=all"
    act = {"act": "approve", "seen": version(rows[1])}
    assert moderator.post(f"{there}&q=harbour", act)["Location"].startswith(desk("comment", rows[0].pk))
    again = {"act": "reject", "seen": version(rows[1])}
    assert moderator.post(there, again)["Location"] == desk("queue", "all")
    assert "Review the next" not in moderator.get(desk("queue", "all")).content.decode()


def test_only_ones_own_sources_are_searched(
    staff: Callable[..., Client], desk: Callable[..., str], make_pending: Callable[..., Review], ids: Any
) -> None:
    make_pending("The harbour.")
    stranger = staff("moderator", Source.objects.create(slug="north", name="North"))
    assert ids(stranger, desk("queue", "all"), q="harbour") == []
    assert "Ada" not in stranger.get(desk("names"), {"q": "A"}).content.decode()


def test_people_and_articles_of_the_name_are_offered(
    moderator: Client, desk: Callable[..., str], commenter: Commenter, article: Article
) -> None:
    page = moderator.get(desk("names"), {"q": "Ada"}).content.decode()
    assert desk("commenter", commenter.pk) in page
    page = moderator.get(desk("names"), {"q": "battery second"}).content.decode()
    assert f"{desk('queue', 'all')}?article={article.pk}" in page
    assert moderator.get(desk("names"), {"q": "<script>"}).content.decode().strip() == ""


def save(client: Client, desk: Callable[..., str], name: str, query: str, **fields: str) -> Any:
    return client.post(f"{desk('save-view')}?{query}", {"name": name, **fields}, follow=True)


def views(client: Client, desk: Callable[..., str]) -> dict[str, int]:
    return {one.view.name: one.count for one in client.get(desk("queue", "pending")).context["views"]}


def test_a_view_is_saved_counted_opened_and_taken_away(
    moderator: Client,
    desk: Callable[..., str],
    make_pending: Callable[..., Review],
    article: Article,
    commenter: Commenter,
) -> None:
    make_pending("An old harbour.", toxicity=0.95)
    make_pending("Another.", toxicity=0.8)
    save(moderator, desk, "Harsh", "queue=pending&attribute=toxicity&low=0.9&order=newest")
    save(moderator, desk, "Ferry", f"queue=pending&article=battery&commenter={commenter.pk}&q=harbour")
    save(moderator, desk, "Here", f"queue=pending&source={article.source.slug}&section=Politics&age=week-old")
    assert views(moderator, desk) == {"Ferry": 1, "Harsh": 1, "Here": 2}
    page = moderator.get(desk("queue", "pending")).context["views"][1]
    assert [card.comment.pk for card in moderator.get(page.to).context["cards"]] == [Review.objects.all()[0].pk]
    save(moderator, desk, "Harsh", "queue=held")
    assert views(moderator, desk)["Harsh"] == 0, "of a name there is one"
    moderator.post(desk("remove-view", SavedView.objects.get(name="Harsh").pk))
    assert set(views(moderator, desk)) == {"Ferry", "Here"}


def test_what_is_shared_is_seen_by_colleagues_and_taken_away_by_its_owner_or_a_senior(
    staff: Callable[..., Client], desk: Callable[..., str]
) -> None:
    lin, kim, senior = staff("moderator"), staff("moderator"), staff("senior")
    save(lin, desk, "Mine", "queue=held")
    save(lin, desk, "Ours", "queue=held", shared="on")
    assert set(views(kim, desk)) == {"Ours"}
    for view in SavedView.objects.all():
        kim.post(desk("remove-view", view.pk))
    assert SavedView.objects.count() == 2
    for view in SavedView.objects.all():
        senior.post(desk("remove-view", view.pk))
    assert list(SavedView.objects.values_list("name", flat=True)) == ["Mine"]


@pytest.mark.parametrize(("name", "query"), [(" ", "queue=held"), ("x" * 61, "queue=held")])
def test_a_view_without_a_fit_name_is_refused_in_words(
    moderator: Client, desk: Callable[..., str], name: str, query: str
) -> None:
    assert "at most 60 characters" in save(moderator, desk, name, query).content.decode()
    assert not SavedView.objects.exists()


def test_a_view_of_no_queue_or_of_filters_that_make_no_sense_is_not_saved(
    moderator: Client, desk: Callable[..., str]
) -> None:
    assert save(moderator, desk, "x", "queue=none").status_code == 404
    assert save(moderator, desk, "x", "queue=held&low=2").status_code == 404


def test_a_person_has_so_many_views_and_a_page_with_them_stays_within_its_queries(
    moderator: Client, desk: Callable[..., str], make_pending: Callable[..., Review], monkeypatch: Any
) -> None:
    make_pending(reader_flags=1)
    monkeypatch.setattr(saved_views, "MAX_VIEWS", 5)
    for number in range(6):
        save(moderator, desk, f"view {number}", "queue=pending&section=Politics&article=1")
    assert SavedView.objects.count() == 5
    with CaptureQueriesContext(connection) as queries:
        page = moderator.get(desk("queue", "pending"), {"section": "Politics", "q": "rude"})
    assert (len(page.context["cards"]), len(page.context["views"])) == (1, 5)
    assert len(queries) <= MOST_QUERIES


def test_hostile_names_stay_text(staff: Callable[..., Client], desk: Callable[..., str]) -> None:
    client = staff("moderator")
    User.objects.update(username="<b>lin</b>")
    save(client, desk, "<script>alert(1)</script>", "queue=pending&section=x", shared="on")
    page = client.get(desk("queue", "pending"), {"section": "x"}).content.decode()
    assert "<script>alert" not in page
    assert "<b>lin" not in page

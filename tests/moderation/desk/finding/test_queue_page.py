"""A queue: what is in it, in which order, for whom, and what a page of it costs."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from archive.models import Article, Commenter, Source
from moderation.desk.finding.queues import QUEUES
from moderation.models import DecidedBy, Decision, Moderator, QueueName, State
from moderation.models.review import IN_VIEW

MOST_QUERIES = 14


@pytest.fixture
def shown(moderator, desk):
    """Returns the ids that a queue shows, in order: `shown("pending", order="newest")`."""

    def ask(name, client=None, **parameters):
        page = (client or moderator).get(desk("queue", name), parameters)
        assert page.status_code == 200
        return [card.comment.pk for card in page.context["cards"]]

    return ask


def test_the_desk_opens_at_what_is_pending_with_the_riskiest_first(moderator, desk, make_pending, shown):
    mild, worst, bad = (make_pending(toxicity=score) for score in (0.81, 0.99, 0.9))
    assert moderator.get(desk("start")).headers["location"] == desk("queue", "pending")
    assert shown("pending") == [worst.pk, bad.pk, mild.pk]


def test_a_queue_can_be_read_by_time_and_by_uncertainty(make_pending, shown):
    first, second, third = (make_pending(uncertainty=value) for value in (0.2, 0.9, 0.5))
    assert shown("pending", order="newest") == [third.pk, second.pk, first.pk]
    assert shown("pending", order="oldest") == [first.pk, second.pk, third.pk]
    assert shown("pending", order="uncertainty") == [second.pk, third.pk, first.pk]


def test_the_desk_has_every_queue_of_reviews_and_the_unscored(moderator, desk):
    assert set(QUEUES) == {*QueueName, "unscored", "handed", "all"}
    assert set(IN_VIEW) == set(QueueName)
    pages = [moderator.get(desk("queue", name)) for name in QUEUES]
    assert [page.status_code for page in pages] == [200] * len(QUEUES)


def test_each_queue_has_its_own_comments(make_comment, make_review, make_pending, shown):
    rows = {
        "held": make_pending(held=True),
        "escalated": make_pending(state=State.ESCALATED),
        "deferred": make_pending(state=State.DEFERRED),
        "highlighted": make_pending(state=State.APPROVED, highlighted=True, decided_by=DecidedBy.PERSON),
        "rejected": make_pending(state=State.REJECTED, decided_by=DecidedBy.PERSON),
        "by_policy": make_pending(state=State.REJECTED, decided_by=DecidedBy.POLICY),
        "reported": make_review(make_comment(), reader_flags=2),
        "passed": make_review(make_comment()),
    }
    unscored = make_comment()
    for name in ("held", "escalated", "deferred", "highlighted", "by_policy", "reported"):
        assert shown(name) == [rows[name].pk]
    assert shown("approved") == [rows["highlighted"].pk]
    assert set(shown("rejected")) == {rows["rejected"].pk, rows["by_policy"].pk}
    assert set(shown("passed")) == {rows["passed"].pk, rows["reported"].pk}
    assert shown("unscored") == [unscored.pk]


def test_an_edited_comment_is_among_the_unscored_and_no_longer_pending(make_pending, shown):
    review = make_pending()
    review.comment.revision = 2
    review.comment.save(update_fields=["revision"])
    assert shown("pending") == []
    assert shown("unscored") == [review.pk]


def test_filters_keep_what_they_say(make_pending, shown, source, article, commenter):
    high, low = make_pending(toxicity=0.97, language="tr"), make_pending(toxicity=0.85)
    assert shown("pending", attribute="toxicity", low="0.9") == [high.pk]
    assert shown("pending", attribute="toxicity", low="0.8", high="0.9") == [low.pk]
    assert shown("pending", language="tr") == [high.pk]
    assert shown("pending", language="en") == [low.pk]
    assert shown("pending", source=source.slug, section="Politics") == [high.pk, low.pk]
    assert shown("pending", section="Sport") == []
    assert shown("pending", article=article.pk + 1) == []
    assert shown("pending", article=f"#{article.pk}") == [high.pk, low.pk]
    assert shown("pending", commenter=commenter.pk) == [high.pk, low.pk]
    assert shown("pending", age="hour") == []
    assert shown("pending", age="week-old") == [high.pk, low.pk]
    assert shown("pending", mine="on") == []


def test_the_language_filter_knows_what_was_detected_also_in_texts_that_no_model_scores(make_pending, shown):
    declared, detected = make_pending(language="de"), make_pending(score=None, facts={"language": "tr"})
    other = make_pending(language="fr", facts={"language": "tr"})
    assert shown("pending", language="tr") == [detected.pk]
    assert shown("pending", language="de") == [declared.pk]
    assert shown("pending", language="fr") == [other.pk], "a declared language is trusted"
    for row in (declared, detected, other):
        row.comment.revision = 2
        row.comment.save(update_fields=["revision"])
    assert shown("unscored", language="tr") == [detected.pk]


@pytest.fixture
def two_of_each(make_pending, source):
    """Two comments, each by its own person on its own article: a ferry's and a bridge's."""

    def make(name, title):
        person = Commenter.objects.create(source=source, external_id=name, name=name)
        article = Article.objects.create(source=source, external_id=name, title=title)
        return make_pending(commenter=person, article=article)

    return make("Ada Öz", "The FERRY is late"), make("Ada Lin", "A bridge for the İskele")


def test_articles_and_commenters_are_found_by_their_words(two_of_each, shown, make_comment):
    ferry, bridge = two_of_each
    assert shown("pending", article="ferry late") == [ferry.pk]
    assert shown("pending", article="THE", order="oldest") == [ferry.pk, bridge.pk]
    assert shown("pending", article="the", commenter="Ada L") == [bridge.pk]
    assert shown("pending", commenter="Ada", order="oldest") == [ferry.pk, bridge.pk]
    edited = make_comment(article=ferry.article)
    assert shown("unscored", article="ferry") == [edited.pk]
    assert shown("unscored", commenter="Ada L") == []


def test_a_filter_by_words_is_shown_as_they_are_and_one_by_number_by_its_name(two_of_each, moderator, desk):
    ferry, _bridge = two_of_each
    page = moderator.get(desk("queue", "pending"), {"article": ferry.article_id, "commenter": "Ada"})
    assert [chip.words for chip in page.context["chips"]] == ["Article: The FERRY is late", "Commenter: “Ada”"]


def test_words_that_name_nothing_or_too_much_are_refused_by_name(two_of_each, moderator, desk, monkeypatch):
    monkeypatch.setattr("moderation.desk.finding.lookups.MAX_FOUND", 1)
    for words, said in (({"article": "tunnel"}, "has these words"), ({"commenter": "Ada"}, "use more words")):
        page = moderator.get(desk("queue", "pending"), words)
        assert (page.status_code, page.context["cards"]) == (400, [])
        assert said in page.content.decode()


def test_words_name_nothing_of_another_source(two_of_each, staff, desk):
    stranger = staff("moderator", Source.objects.create(slug="north", name="North"))
    for words in ({"article": "ferry"}, {"commenter": "Ada"}):
        assert stranger.get(desk("queue", "pending"), words).status_code == 400


def test_what_the_person_holds_can_be_asked_for(staff, make_pending, desk):
    mine, _other = make_pending(), make_pending()
    client = staff("moderator")
    mine.holder, mine.holder_until = User.objects.get(), timezone.now() + timedelta(minutes=5)
    mine.save()
    page = client.get(desk("queue", "pending"), {"mine": "on"})
    assert [card.comment.pk for card in page.context["cards"]] == [mine.pk]


@pytest.mark.parametrize(
    "parameters",
    [{"low": "0.5"}, {"attribute": "text"}, {"article": "no such words"}, {"age": "old"}, {"source": "nowhere"}],
)
def test_a_filter_that_makes_no_sense_is_refused_and_shows_nothing(moderator, desk, make_pending, parameters):
    make_pending()
    page = moderator.get(desk("queue", "pending"), parameters)
    assert page.status_code == 400
    assert page.context["cards"] == []


def test_pages_follow_each_other_without_a_gap_in_both_directions(staff, desk, make_pending):
    made = [make_pending(toxicity=0.9).pk for _ in range(23)]
    client = staff("moderator")
    Moderator.objects.create(user=User.objects.get(), desk={"page_size": 10})
    forward, pages, query = [], [], ""
    for _ in range(3):
        page = client.get(f"{desk('queue', 'pending')}?{query}")
        pages.append([card.comment.pk for card in page.context["cards"]])
        forward += pages[-1]
        query = f"after={page.context['page'].after}"
    assert forward == made[::-1]
    assert page.context["page"].after is None
    back = client.get(f"{desk('queue', 'pending')}?before={page.context['page'].before}")
    assert [card.comment.pk for card in back.context["cards"]] == pages[1]


@pytest.mark.parametrize("after", ["x", "risk~1~2", "risk~nan~1:signature"])
def test_a_place_that_nobody_gave_out_is_the_first_page(shown, make_pending, after):
    review = make_pending()
    assert shown("pending", after=after) == [review.pk]


def test_a_filter_that_looks_at_each_comment_stops_at_its_bound_and_says_so(moderator, desk, make_pending, monkeypatch):
    monkeypatch.setattr("moderation.desk.finding.paging.LOOKED_THROUGH", 5)
    rows = [make_pending(toxicity=score) for score in (0.99, 0.98, 0.97, 0.96, 0.95, 0.94, 0.85)]
    page = moderator.get(desk("queue", "pending"), {"attribute": "toxicity", "high": "0.9"})
    assert page.context["cards"] == []
    assert page.context["page"].bounded
    assert "Look further" in page.content.decode()
    further = {"attribute": "toxicity", "high": "0.9", "after": page.context["page"].after}
    page = moderator.get(desk("queue", "pending"), further)
    assert [card.comment.pk for card in page.context["cards"]] == [rows[-1].pk]


def test_counts_stop_at_their_bound(moderator, desk, make_pending, monkeypatch):
    monkeypatch.setattr("moderation.desk.finding.queues.CAP", 2)
    monkeypatch.setattr("moderation.desk.views.queue.CAP", 2)
    for _ in range(4):
        make_pending()
    page = moderator.get(desk("queue", "pending"))
    assert ">2+</span>" in page.content.decode()


def test_each_card_says_why_it_is_there_and_whether_readers_see_it(moderator, desk, make_pending):
    make_pending(toxicity=0.93, held=True)
    make_pending(toxicity=0.91, insult=0.75)
    page = moderator.get(desk("queue", "pending")).content.decode()
    assert "insult <b>0.75</b> ≥ 0.70" in page
    assert page.count("Hidden from readers") == 1, "what the queue's rule says is not said again"
    assert "Readers see it" not in page
    assert "Readers see these comments, unless a card says otherwise." in page
    assert 'class="mark mark-pending"' not in page
    assert "These comments are hidden from readers" in moderator.get(desk("queue", "held")).content.decode()


def test_a_moderator_of_another_source_sees_nothing_here(staff, shown, make_pending):
    make_pending()
    stranger = staff("moderator", Source.objects.create(slug="north", name="North"))
    assert shown("pending", stranger) == []
    page = stranger.get("/admin/desk/pending/")
    assert {tab["count"] for tab in page.context["tabs"]} == {0}


@pytest.mark.parametrize("name", ["pending", "unscored", "passed"])
def test_a_page_of_fifty_costs_as_many_queries_as_one_of_five(
    staff, desk, make_comment, make_review, make_pending, name
):
    client = staff("moderator")
    Moderator.objects.create(user=User.objects.get(), desk={"page_size": 50})

    def make():
        make_pending()
        make_comment()
        make_review(make_comment())

    def cost():
        with CaptureQueriesContext(connection) as queries:
            page = client.get(desk("queue", name))
        return len(page.context["cards"]), len(queries)

    for _ in range(5):
        make()
    assert cost()[0] == 5
    few = cost()[1]
    for _ in range(45):
        make()
    assert cost() == (50, few)
    assert few <= MOST_QUERIES


def test_hostile_text_is_shown_as_text(moderator, desk, make_pending, hostile):
    make_pending(hostile)
    page = moderator.get(desk("queue", "pending")).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&lt;b onclick=" in page
    assert "{{ 7|add:7 }}" in page


def test_one_button_of_a_card_decides_and_comes_back_to_the_page(moderator, desk, make_pending, version):
    review, other = make_pending(), make_pending()
    address = desk("quick", "pending") + "?order=newest"
    answer = moderator.post(address, {"one": f"approve@{version(review)}"}, follow=True)
    assert answer.redirect_chain[0][0] == desk("queue", "pending") + "?order=newest"
    assert [card.comment.pk for card in answer.context["cards"]] == [other.pk]
    assert f"Comment #{review.pk}: approved." in answer.content.decode()
    assert Decision.objects.get().to_state == State.APPROVED


def test_a_button_of_a_stale_card_opens_the_comment_and_decides_nothing(moderator, desk, make_pending):
    review = make_pending(state_version=3)
    answer = moderator.post(desk("quick", "pending"), {"one": f"approve@{review.pk}.1.2"}, follow=True)
    assert answer.redirect_chain[0][0].startswith(desk("comment", review.pk))
    assert "changed since" in answer.content.decode()
    assert not Decision.objects.exists()


def test_the_next_comment_is_the_riskiest_that_nobody_holds(staff, desk, make_pending):
    worst, bad = make_pending(toxicity=0.99), make_pending(toxicity=0.95)
    first, second = staff("moderator"), staff("moderator")
    assert first.post(desk("next", "pending")).headers["location"].startswith(desk("comment", worst.pk))
    assert second.post(desk("next", "pending")).headers["location"].startswith(desk("comment", bad.pk))
    third = staff("moderator").post(desk("next", "pending"))
    assert third.headers["location"] == desk("queue", "pending")


def test_who_may_not_be_here_is_sent_away(db, staff, desk, make_pending, version):
    review = make_pending()
    assert "/login/" in Client().get(desk("queue", "pending")).headers["location"]
    nobody = User.objects.create_user("nobody", is_staff=True)
    client = Client()
    client.force_login(nobody)
    assert client.get(desk("queue", "pending")).status_code == 403
    viewer = staff("viewer")
    page = viewer.get(desk("queue", "pending"))
    assert "card-acts" not in page.content.decode()
    assert viewer.post(desk("quick", "pending"), {"one": f"approve@{version(review)}"}).status_code == 403
    assert viewer.post(desk("next", "pending")).status_code == 403


def test_the_admin_leads_to_the_desk(staff, desk):
    assert f'href="{desk("start")}"' in staff("viewer").get("/admin/").content.decode()


def test_htmx_is_answered_with_the_part_that_changes(moderator, desk, make_pending):
    make_pending()
    part = moderator.get(desk("queue", "pending"), headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith("<title>")
    assert 'id="desk"' in part
    assert "<html" not in part
    whole = moderator.get(
        desk("queue", "pending"), headers={"HX-Request": "true", "HX-History-Restore-Request": "true"}
    ).content.decode()
    assert "<html" in whole


@pytest.mark.parametrize("name", ["nothing", "by-policy"])
def test_a_queue_that_is_none_is_not_found(moderator, desk, name):
    assert moderator.get(desk("queue", name)).status_code == 404

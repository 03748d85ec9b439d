"""One comment's page: everything known of it, and hostile text that stays text."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from archive.models import CommentRevision
from moderation.models import Action, Claim, DecisionKind, PolicyVersion, ReaderFlag, State
from moderation.policies import judge_refusal, parse_policy
from moderation.services.review.decisions import decision_record

HOSTILE = [
    "<script>alert('x')</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "{{ 7|add:7 }}{% debug %}{{ request.user.password }}",
    "</textarea></pre></bdi></div><h1>big",
    "\u202eright to left\u2066\u2068",
    "{0.__class__} %s %(x)s {comment}",
    "&lt;b&gt;already escaped&lt;/b&gt;",
]


def page_of(client, comment):
    answer = client.get(reverse("admin:archive_comment_change", args=[comment.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def escaped(text):
    for mark, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#x27;")):
        text = text.replace(mark, entity)
    return text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_text_on_every_page(staff, make_comment, make_review, commenter, article, text):
    commenter.name = article.title = article.summary = text
    commenter.save()
    article.save()
    comment = make_comment(text, raw=f"raw {text}", external_id=text)
    make_review(comment, toxicity=0.95)
    CommentRevision.objects.create(comment=comment, revision=1, raw=text, text=f"earlier {text}")
    ReaderFlag.objects.create(comment=comment, reporter=text, reason="insult")
    viewer = staff("viewer")
    names = ("archive_comment", "archive_article", "archive_commenter", "moderation_readerflag")
    pages = [viewer.get(reverse(f"admin:{name}_changelist")).content.decode() for name in names]
    pages += [page_of(viewer, comment), page_of(viewer, make_comment("a reply", parent=comment))]
    pages.append(viewer.get(reverse("admin:archive_article_change", args=[article.pk])).content.decode())
    pages.append(viewer.get(reverse("admin:archive_commenter_change", args=[commenter.pk])).content.decode())
    for page in pages:
        assert escaped(text) in page
        if text != escaped(text):
            assert text not in page


def test_text_is_isolated_so_that_its_direction_stays_inside(staff, make_comment):
    comment = make_comment("\u202eabc")
    assert '<bdi dir="auto">\u202eabc</bdi>' in page_of(staff("viewer"), comment)
    listed = staff("viewer").get(reverse("admin:archive_comment_changelist")).content.decode()
    assert '<bdi dir="auto" class="comment-text">\u202eabc</bdi>' in listed


def test_scores_stand_against_their_thresholds_with_the_rule_and_the_policy(staff, make_comment, make_review):
    comment = make_comment("rude")
    make_review(comment, toxicity=0.934, insult=0.2)
    page = page_of(staff("viewer"), comment)
    for words in ("flag-toxic", "policy 7", "0.934", "≥ 0.80", "0.200", "&lt; 0.70", "compact@6"):
        assert words in page
    assert page.count('class="reached"') == 1


def test_a_comment_that_the_model_refused_says_why(staff, make_comment, make_review):
    comment = make_comment("Доброе утро")
    active = PolicyVersion.objects.get(active=True)
    verdict = judge_refusal(parse_policy(active.body, version=1), "language_not_supported").as_json()
    make_review(comment, verdict=verdict, score=None, state=State.PENDING)
    assert "unscorable:language_not_supported" in page_of(staff("viewer"), comment)


def test_a_comment_without_a_score_says_so(staff, make_comment):
    assert "No model has scored this comment yet." in page_of(staff("viewer"), make_comment())


def test_a_comment_that_was_set_aside_shows_its_error(staff, make_comment):
    comment = make_comment()
    Claim.objects.create(comment=comment, attempts=3, error="RuntimeError: no memory", set_aside_at=timezone.now())
    assert "RuntimeError: no memory" in page_of(staff("viewer"), comment)


def test_scores_of_an_earlier_text_are_called_that(staff, make_comment, make_review):
    comment = make_comment("rude")
    make_review(comment, toxicity=0.9)
    comment.revision = 2
    comment.save()
    assert "scores of an earlier text" in page_of(staff("viewer"), comment)


def test_decisions_with_their_notes_and_earlier_texts_are_shown(staff, make_comment, make_review, django_user_model):
    comment = make_comment("rude")
    make_review(comment, toxicity=0.9)
    mina = django_user_model.objects.create_user("mina")
    decision_record(comment_id=comment.pk, action=Action.REJECT, actor=mina, reason="insult", note="Plainly <rude>.")
    CommentRevision.objects.create(comment=comment, revision=1, raw="before", text="the text before")
    page = page_of(staff("viewer"), comment)
    for words in ("pending → rejected", "mina", "insult", "Plainly &lt;rude&gt;.", "the text before"):
        assert words in page
    assert comment.decisions.get().kind == DecisionKind.PERSON


def test_the_page_shows_the_parent_the_article_and_the_thread(staff, make_comment, article):
    parent = make_comment("What do you think?")
    comment = make_comment("I think so.", parent=parent)
    make_comment("So do I.", parent=comment)
    page = page_of(staff("viewer"), comment)
    assert page.count("What do you think?") == 2
    for words in ("In reply to", article.title, "So do I.", 'aria-current="true"', "depth-2"):
        assert words in page


def test_an_erased_comment_shows_no_text(staff, make_comment):
    comment = make_comment("", erased_at=timezone.now())
    assert "The text has been erased." in page_of(staff("viewer"), comment)


def test_a_page_with_much_around_it_costs_as_many_queries_as_one_with_little(staff, make_comment, make_review, article):
    viewer = staff("viewer")
    parent, comment = make_comment("first"), None
    comment = make_comment("here", parent=parent)
    make_review(comment, toxicity=0.9)

    def cost(address):
        with CaptureQueriesContext(connection) as queries:
            assert viewer.get(address).status_code == 200
        return len(queries)

    addresses = (
        reverse("admin:archive_comment_change", args=[comment.pk]),
        reverse("admin:archive_article_change", args=[article.pk]),
    )
    few = [cost(address) for address in addresses]
    for number in range(40):
        make_review(make_comment("more", parent=comment), toxicity=0.9)
        ReaderFlag.objects.create(comment=comment, reporter=f"r{number}", reason="spam")
        CommentRevision.objects.create(comment=comment, revision=number + 1, raw="a", text="a")
    assert [cost(address) for address in addresses] == few
    assert max(few) <= 15


def test_a_comment_that_is_not_there_leads_back(staff):
    assert staff("viewer").get(reverse("admin:archive_comment_change", args=[999])).status_code == 302

"""The admin as people meet it: signing in, reading flagged comments, deciding, and nothing that a comment can run."""

from __future__ import annotations

import hashlib

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.urls import reverse

from archive.models import Article, Comment, Source
from moderation.models import Decision, ModelVersion, PolicyVersion, Review, Score

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HOSTILE = (
    "<script>window.hacked = 1; alert('hacked')</script><img src=x onerror=\"window.hacked = 1; alert('hacked')\">"
    "<svg onload=alert(1)>{{ 7|add:7 }}\u202e you idiots"
)


@pytest.fixture
def rude_comment(transactional_db):
    """A flagged comment whose text tries everything."""
    source = Source.objects.create(slug="harbor-times", name="Harbor Times")
    article = Article.objects.create(source=source, external_id="a1", title=HOSTILE, summary=HOSTILE)
    comment = Comment.objects.create(
        source=source,
        article=article,
        external_id="c1",
        raw=f"<p>{HOSTILE}</p>",
        text=HOSTILE,
        text_hash=hashlib.sha256(HOSTILE.encode()).hexdigest(),
        created_at="2021-11-16T12:00:00Z",
        taken_revision=1,
    )
    model = ModelVersion.objects.create(name="compact", version=1, sha256="0" * 64, active=True)
    score = Score.objects.create(comment=comment, model=model, revision=1, text_hash=comment.text_hash, toxicity=0.97)
    verdict = {
        "action": "queue",
        "flagged": True,
        "rule": "flag-toxic",
        "policy": 1,
        "reasons": [{"attribute": "toxicity", "score": 0.97, "threshold": 0.8}],
    }
    Review.objects.create(
        comment=comment,
        source=source,
        article=article,
        created_at=comment.created_at,
        state="pending",
        flagged=True,
        risk=1.2,
        score=score,
        policy=PolicyVersion.objects.get(active=True),
        verdict=verdict,
    )
    return comment


def nothing_ran(window):
    """Says whether the page ran nothing of a comment's and complained of nothing."""
    return window.complaints == [] and window.page.evaluate("window.hacked === undefined")


def test_a_viewer_goes_from_the_login_to_a_flagged_comment_and_hostile_text_stays_text(visit, rude_comment):
    window = visit("viewer")
    window.page.click(".model-comment a >> text=/^Comments$/")
    window.page.click("#changelist-filter >> text=/^flagged$/")
    assert window.page.inner_text(".comment-text").startswith("<script>window.hacked")
    assert "toxicity 0.97 ≥ 0.80" in window.page.inner_text("#result_list")
    assert nothing_ran(window)
    window.page.click(f"text=#{rude_comment.pk}")
    assert window.page.inner_text(".full-text") == HOSTILE
    assert "flag-toxic" in window.page.inner_text("#why-heading + p")
    window.page.click("summary >> text=As it came")
    assert window.page.inner_text("pre.comment-text") == f"<p>{HOSTILE}</p>"
    assert window.page.locator("main img, main svg, main script[src='x']").count() == 0
    assert nothing_ran(window)


def test_the_article_with_its_thread_shows_hostile_text_as_text(visit, rude_comment):
    window = visit("viewer")
    window.open(reverse("admin:archive_article_change", args=[rude_comment.article_id]))
    assert "<svg onload=alert(1)>{{ 7|add:7 }}" in window.page.inner_text("ol.thread")
    assert window.page.inner_text(".article-summary") == HOSTILE
    assert nothing_ran(window)


def test_markup_that_got_into_a_page_would_still_not_run(visit, rude_comment):
    window = visit("viewer")
    window.page.evaluate(
        """async () => {
            const image = '<img src="data:," onerror="window.hacked = 1">';
            document.querySelector("main").insertAdjacentHTML("beforeend", image);
            await new Promise((done) => setTimeout(done, 300));
        }"""
    )
    assert window.page.evaluate("window.hacked === undefined")
    assert any("Content Security Policy" in complaint for complaint in window.complaints)


def test_a_moderator_rejects_what_was_ticked_and_reads_it_in_the_ledger(visit, rude_comment):
    window = visit("moderator")
    window.open(reverse("admin:archive_comment_changelist") + "?flagged=yes")
    window.page.check("input.action-select")
    window.page.select_option("select[name=action]", "reject_selected")
    window.page.select_option("select[name=reason]", label="Insult or personal attack")
    window.page.click("button[name=index]")
    assert window.page.inner_text(".messagelist") == "Reject: done for 1 comment."
    assert Decision.objects.get().to_state == "rejected"
    window.open(reverse("admin:moderation_decision_changelist"))
    assert "pending → rejected" in window.page.inner_text("#result_list")
    assert window.complaints == []


def test_no_page_of_the_admin_breaks_the_content_security_policy(visit, rude_comment):
    window = visit("superuser")
    lists = [reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") for model in site._registry]
    others = [
        reverse("admin:index"),
        reverse("admin:password_change"),
        reverse("admin:archive_source_add"),
        reverse("admin:archive_source_change", args=[rude_comment.source_id]),
        reverse("admin:moderation_reason_add"),
        reverse("admin:moderation_policyversion_change", args=[PolicyVersion.objects.get().pk]),
        reverse("admin:auth_user_add"),
        reverse("admin:auth_user_change", args=[User.objects.get(username="superuser").pk]),
        reverse("admin:archive_comment_changelist") + "?q=nothing",
    ]
    for path in lists + others:
        window.open(path)
    assert window.complaints == []


@pytest.mark.parametrize("width", [400, 1280])
def test_pages_fit_the_width_of_the_window(visit, rude_comment, width):
    window = visit("viewer", width=width)
    pages = {
        "comment_changelist": (),
        "comment_change": (rude_comment.pk,),
        "article_change": (rude_comment.article_id,),
    }
    for name, arguments in pages.items():
        window.open(reverse(f"admin:archive_{name}", args=arguments))
        assert window.page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_every_answer_carries_a_policy_without_exceptions(visit, live_server):
    window = visit()
    header = window.page.goto(live_server.url + "/admin/login/").headers["content-security-policy"]
    assert "default-src 'self'" in header
    assert "unsafe" not in header

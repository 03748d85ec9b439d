"""Every page of the admin: who may open it, that it writes nothing it should not, and what its list costs."""

import uuid

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from archive.admin.base import LargeTableAdmin, ReadOnlyAdmin
from archive.models import Article, Commenter, Source
from moderation.models import (
    Action,
    ApiKey,
    AuditEntry,
    Claim,
    Delivery,
    Feedback,
    Moderator,
    ReaderFlag,
    WebhookTarget,
)
from moderation.services.review.decisions import decision_record
from moderation.services.review.mutes import commenter_mute, commenter_record
from moderation.services.webhooks.targets import webhook_target_create

OURS = sorted(
    (model for model in site._registry if model._meta.app_label in {"archive", "moderation"}),
    key=lambda model: model._meta.label,
)
READ_ONLY = [model for model in OURS if isinstance(site.get_model_admin(model), ReadOnlyAdmin)]
HAVE_PAGES = [model for model in OURS if model._meta.model_name != "apikey"]


def reader_of(model):
    """The least role that reads the model's pages: addresses of webhooks may be secrets of their own."""
    return "administrator" if model in {ApiKey, AuditEntry, Delivery, WebhookTarget} else "viewer"


def address(model, page, *arguments):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


@pytest.fixture
def fill(article, make_comment, make_review):
    """Adds rows to every table that grows: `fill(5)`."""
    mina = User.objects.create_user("mina")

    def add(number):
        for _ in range(number):
            key = uuid.uuid4().hex
            webhook_target_create(url=f"https://example.org/{key}")
            Article.objects.create(source=article.source, external_id=key, title=key)
            reader = Commenter.objects.create(source=article.source, external_id=key, name=key)
            comment = make_comment(commenter=reader, external_id=key)
            make_review(comment, toxicity=0.9, holder=mina)
            decision_record(comment_id=comment.pk, action=Action.ESCALATE, actor=mina, note=key)
            Claim.objects.create(comment=comment, set_aside_at=timezone.now(), error="failed")
            ReaderFlag.objects.create(comment=comment, reporter=key, reason="spam")
            commenter_mute(commenter_id=reader.pk, actor=mina, reason="spam")
            commenter_record(commenter_id=reader.pk, actor=mina)
            Feedback.objects.create(comment=comment, text=key, scores={"toxicity": 1})

    return add


# Model → queries of its list of five rows, and of twenty: measured for all lists by the first test that asks.
COSTS = {}


@pytest.fixture
def costs(staff, fill):
    if not COSTS:
        readers = {role: staff(role) for role in {reader_of(model) for model in OURS}}

        def cost(model):
            with CaptureQueriesContext(connection) as queries:
                assert readers[reader_of(model)].get(address(model, "changelist")).status_code == 200
            return len(queries)

        fill(5)
        few = {model: cost(model) for model in OURS}
        fill(15)
        COSTS.update({model: (few[model], cost(model)) for model in OURS})
    return COSTS


@pytest.mark.parametrize("model", OURS, ids=str)
def test_a_list_of_twenty_costs_as_many_queries_as_one_of_five(costs, model):
    few, many = costs[model]
    assert few == many <= 15


@pytest.mark.parametrize("model", HAVE_PAGES, ids=str)
def test_every_row_of_every_table_opens(staff, fill, model):
    fill(1)
    viewer = staff(reader_of(model))
    for row in model._default_manager.all()[:2]:
        assert viewer.get(address(model, "change", row.pk)).status_code == 200


@pytest.mark.parametrize("model", READ_ONLY, ids=str)
def test_what_services_write_is_not_written_here_even_by_a_superuser(admin_client, fill, model):
    fill(1)
    row = model._default_manager.first()
    for page, arguments in (("add", ()), ("change", (row.pk,) if row else ()), ("delete", (row.pk,) if row else ())):
        try:
            there = address(model, page, *arguments)
        except NoReverseMatch:
            continue
        assert admin_client.post(there, {"post": "yes"}).status_code == 403, page
    assert "delete_selected" not in admin_client.get(address(model, "changelist")).content.decode()


@pytest.mark.parametrize("model", OURS, ids=str)
def test_nothing_is_deleted_and_no_list_counts_without_a_bound(rf, admin_user, model):
    page = site.get_model_admin(model)
    request = rf.get("/")
    request.user = admin_user
    assert isinstance(page, LargeTableAdmin)
    assert not page.has_delete_permission(request)
    assert page.show_full_result_count is False


@pytest.mark.parametrize("model", OURS, ids=str)
def test_a_person_without_a_role_and_one_who_is_not_signed_in_see_nothing(client, django_user_model, model):
    assert client.get(address(model, "changelist")).status_code == 302
    client.force_login(django_user_model.objects.create_user("nobody", is_staff=True))
    assert client.get(address(model, "changelist")).status_code == 403


def test_a_moderator_of_one_source_sees_no_row_of_another(staff, fill, article):
    fill(2)
    north = Source.objects.create(slug="north", name="North")
    stranger = staff("administrator", north)
    # The audit trail is about the whole installation.
    assert stranger.get(address(AuditEntry, "changelist")).status_code == 403
    for model in set(OURS) - {AuditEntry}:
        page = stranger.get(address(model, "changelist"))
        shown = {row.pk for row in page.context["cl"].result_list}
        hidden = model._meta.model_name in {
            "article", "claim", "comment", "commenter", "decision", "feedback", "lookup", "mute", "readerflag",
            "review", "score",
        }  # fmt: skip
        if hidden:
            assert not shown, model
            row = model._default_manager.first()
            assert stranger.get(address(model, "change", row.pk)).status_code == 302, model
        assert article.source.name not in page.content.decode(), model
    assert Moderator.objects.get().sources.get() == north


def test_the_site_is_called_moderato(staff):
    page = staff("viewer").get(reverse("admin:index")).content.decode()
    assert "Moderato" in page
    assert "Django" not in page


@pytest.mark.parametrize("model", OURS, ids=str)
def test_pages_load_no_style_or_script_of_their_own_into_the_page(staff, fill, model):
    fill(1)
    page = staff("administrator").get(address(model, "changelist")).content.decode()
    assert "<style" not in page
    assert " style=" not in page
    assert " onclick=" not in page
    assert all("src=" in tag.split(">")[0] for tag in page.split("<script")[1:])


@pytest.mark.parametrize("model", OURS, ids=str)
def test_no_link_stands_inside_another(staff, fill, model):
    fill(1)
    page = staff("administrator").get(address(model, "changelist")).content.decode()
    for cell in page.split('id="result_list"')[-1].split("<a ")[1:-1]:
        assert "</a>" in cell


def test_decisions_are_found_by_comment_and_by_who_decided(staff, fill):
    fill(2)
    viewer = staff("viewer")
    number = Claim.objects.order_by("pk").first().pk
    for words, found in ((str(number), 1), ("mina", 4), ("nobody", 0), ("9" * 30, 0), ("²", 0)):
        page = viewer.get(reverse("admin:moderation_decision_changelist"), {"q": words})
        assert len(page.context["cl"].result_list) == found, words


def test_a_decision_shows_its_note_escaped(staff, make_comment, make_review):
    comment = make_review(make_comment(), toxicity=0.9).comment
    actor = User.objects.create_user("mina")
    decision = decision_record(comment_id=comment.pk, action=Action.ESCALATE, actor=actor, note="<b>look</b>")
    page = staff("viewer").get(reverse("admin:moderation_decision_change", args=[decision.pk])).content.decode()
    assert "&lt;b&gt;look&lt;/b&gt;" in page


def test_a_reason_keeps_its_code(admin_client, db):
    from moderation.models import Reason

    reason = Reason.objects.get(code="spam")
    changed = {"code": "eggs", "label": "Advertising", "ground": "terms", "category": reason.category}
    admin_client.post(address(Reason, "change", reason.pk), changed)
    reason.refresh_from_db()
    assert (reason.code, reason.label) == ("spam", "Advertising")

"""Each page, form and action of the admin and the desk × each role: who gets in, and who is refused.

The addresses come from the URL configuration and the tables below are written by hand, so that a page that is new, or
that opens for one role more, fails. `pytest -v -s` on this file prints the cells.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.admin import site
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.utils import timezone

from archive.models import Article, Comment, Commenter, Source
from moderation.models import (
    Action,
    ApiKey,
    Appeal,
    AuditEntry,
    Claim,
    Decision,
    Delivery,
    Erasure,
    Feedback,
    LookUp,
    ModelVersion,
    Moderator,
    Mute,
    PolicyVersion,
    ReaderFlag,
    Reason,
    Review,
    SavedView,
    TeamNote,
    WebhookTarget,
)
from moderation.services.accounts.api_keys import api_key_create
from moderation.services.review.decisions import decision_record
from moderation.services.review.mutes import commenter_mute, commenter_record
from moderation.services.review.standings import standing_begin
from moderation.services.webhooks.targets import webhook_target_create
from moderation.services.word_lists.entries import Entry
from moderation.services.word_lists.lists import Author, word_list_create

LIMITED = {"limited viewer", "limited moderator", "limited administrator"}
ROLES = ("anonymous", "nobody", "viewer", "moderator", "senior", "administrator", *sorted(LIMITED), "superuser")
STAFF = set(ROLES) - {"anonymous"}
VIEWERS = STAFF - {"nobody"}
DECIDERS = VIEWERS - {"viewer", "limited viewer"}
ADMINISTRATORS = {"administrator", "limited administrator", "superuser"}
UNLIMITED = ADMINISTRATORS - LIMITED
ROOT, NONE = {"superuser"}, set()

# Model → who sees, adds, changes and deletes its rows.
SHOWN = ("archive.Article", "archive.Comment", "archive.Commenter", "moderation.Claim", "moderation.Decision")
SHOWN += ("moderation.Feedback", "moderation.LookUp", "moderation.ModelVersion", "moderation.Mute")
SHOWN += ("moderation.PolicyVersion", "moderation.ReaderFlag", "moderation.Review", "moderation.Score")
SHOWN += ("moderation.WordList", "moderation.WordListVersion")
POLICY_WRITERS = {"senior", "administrator", "superuser"}
MODELS: dict[str, tuple[set[str], set[str], set[str], set[str]]] = {
    **dict.fromkeys(SHOWN, (VIEWERS, NONE, NONE, NONE)),
    "archive.Source": (VIEWERS, UNLIMITED, ADMINISTRATORS, NONE),
    "moderation.Reason": (VIEWERS, UNLIMITED, UNLIMITED, NONE),
    "moderation.Standing": (VIEWERS, POLICY_WRITERS | ADMINISTRATORS, NONE, NONE),
    "moderation.WordListEntry": (VIEWERS, POLICY_WRITERS, NONE, NONE),
    "moderation.ApiKey": (ADMINISTRATORS, NONE, NONE, NONE),
    "moderation.AuditEntry": (UNLIMITED, NONE, NONE, NONE),
    "moderation.WebhookTarget": (ADMINISTRATORS, ADMINISTRATORS, NONE, NONE),
    "moderation.Delivery": (ADMINISTRATORS, NONE, NONE, NONE),
    "moderation.Erasure": (VIEWERS, NONE, NONE, NONE),
    "auth.User": (ADMINISTRATORS, ADMINISTRATORS, ADMINISTRATORS, NONE),
    "auth.Group": (ADMINISTRATORS, ROOT, ROOT, ROOT),
    "axes.AccessAttempt": (ROOT, NONE, ROOT, ROOT),
    "axes.AccessFailureLog": (ROOT, NONE, ROOT, ROOT),
    "axes.AccessLog": (ROOT, NONE, ROOT, ROOT),
}
# Page → who may read it, and who may post to it.
DESK: dict[str, tuple[set[str], set[str]]] = {
    "": (VIEWERS, VIEWERS),
    "comment/<row:comment_id>/": (VIEWERS, DECIDERS),
    "comment/<row:comment_id>/pause/": (VIEWERS, VIEWERS),
    "comment/<row:comment_id>/hold/": (DECIDERS, DECIDERS),
    "comment/<row:comment_id>/hand-over/": (DECIDERS, DECIDERS),
    "comment/<row:comment_id>/hand-over/end/": (DECIDERS, DECIDERS),
    "comment/<row:comment_id>/replies/": (DECIDERS, DECIDERS),
    "comment/<row:comment_id>/test/": (POLICY_WRITERS, POLICY_WRITERS),
    "commenter/<row:commenter_id>/": (VIEWERS, DECIDERS),
    "commenter/<row:commenter_id>/record/": (VIEWERS, VIEWERS),
    "selection/": (DECIDERS, DECIDERS),
    "acts/<uuid:batch>/": (DECIDERS, DECIDERS),
    # By a signed ticket, without a session: without one it tells nothing.
    "live/": (set(ROLES), set(ROLES)),
    "by-score/": (DECIDERS, DECIDERS),
    "comment/<row:comment_id>/note/": (DECIDERS, DECIDERS),
    "commenter/<row:commenter_id>/note/": (DECIDERS, DECIDERS),
    "notes/<row:note_id>/remove/": (DECIDERS, DECIDERS),
    "numbers/": (VIEWERS, VIEWERS),
    "names/": (VIEWERS, VIEWERS),
    "views/": (VIEWERS, VIEWERS),
    "views/<row:view_id>/remove/": (VIEWERS, VIEWERS),
    "appeals/": (VIEWERS, VIEWERS),
    "appeals/<row:appeal_id>/": (VIEWERS, POLICY_WRITERS | {"limited administrator"}),
    "undo/": (DECIDERS, DECIDERS),
    "settings/": (VIEWERS, VIEWERS),
    "policies/": (VIEWERS, VIEWERS),
    "policies/write/": (POLICY_WRITERS, POLICY_WRITERS),
    "policies/<row:version>/": (VIEWERS, VIEWERS),
    "policies/<row:version>/simulate/": (DECIDERS, DECIDERS),
    "policies/<row:version>/rollout/": (VIEWERS, POLICY_WRITERS),
    "policies/<row:version>/rule/": (VIEWERS, VIEWERS),
    "policies/<row:version>/revert/": (POLICY_WRITERS, POLICY_WRITERS),
    "<slug:name>/": (VIEWERS, VIEWERS),
    "<slug:name>/act/": (DECIDERS, DECIDERS),
    "<slug:name>/all/": (DECIDERS, DECIDERS),
    "<slug:name>/next/": (DECIDERS, DECIDERS),
}
SITE: dict[str, tuple[set[str], set[str]]] = {
    "": (STAFF, STAFF),
    "second-factor/": (STAFF, STAFF),
    "password_change/": (STAFF, STAFF),
    "password_change/done/": (STAFF, STAFF),
    "autocomplete/": (NONE, NONE),
    "jsi18n/": (STAFF, STAFF),
    "r/<path:content_type_id>/<path:object_id>/": (STAFF, STAFF),
    "<app_label>/": (VIEWERS, VIEWERS),
    "(?P<url>.*)$": (STAFF, STAFF),
}
# What is let in and then is not there: no row has a page of its own outside the admin, and a button posts a version.
ABSENT = {
    *(("site r/<path:content_type_id>/<path:object_id>/", way) for way in ("get", "post")),
    *(("site (?P<url>.*)$", way) for way in ("get", "post")),
    *((f"site {page}", "post") for page in ("password_change/done/", "jsi18n/")),
    ("desk <slug:name>/act/", "post"),
    ("desk views/", "post"),
    *(("desk acts/<uuid:batch>/", way) for way in ("get", "post")),
    ("archive.Commenter export", "post"),
}
ACTIONS: dict[str, dict[str, set[str]]] = {
    "archive.Comment": {"approve_selected": DECIDERS, "reject_selected": DECIDERS},
    "archive.Commenter": {"erase_selected": ADMINISTRATORS},
    "moderation.WebhookTarget": {f"{act}_selected": ADMINISTRATORS for act in ("rotate", "disable", "enable")},
    "moderation.Delivery": {"send_again": ADMINISTRATORS},
    "moderation.Standing": {"end_selected": POLICY_WRITERS | ADMINISTRATORS},
    "moderation.WordListEntry": {"remove_selected": POLICY_WRITERS},
    **{label: {"delete_selected": ROOT} for label, (*_rest, delete) in MODELS.items() if delete},
}
# Rows that belong to no source: whoever sees one sees all.
FOR_ALL = {"moderation.ModelVersion", "moderation.PolicyVersion", "moderation.Reason", "auth.Group"}
FOR_ALL |= {"moderation.WordList", "moderation.WordListVersion", "moderation.WordListEntry"}
FOR_ALL |= {label for label in MODELS if label.startswith("axes.")}
NAMED: dict[str, type[Model]] = {model._meta.label: model for model in site._registry}
FOR_ANYBODY = ("/admin/login/", "/admin/logout/")
UNCHANGED = (ApiKey, Decision, Delivery, Mute, Reason, Review, Source, WebhookTarget, Group)
Cell = tuple[str, str, str, str]


def page_of(model: type[Model]) -> Any:
    return site.get_model_admin(model)


def routes() -> Iterator[str]:
    def walk(patterns: list[Any], prefix: str) -> Iterator[str]:
        for pattern in patterns:
            route = prefix + str(pattern.pattern)
            deeper = [route] if isinstance(pattern, URLPattern) else walk(pattern.url_patterns, route)
            yield from deeper

    found = (route for route in walk(get_resolver().url_patterns, "/") if route.startswith("/admin/"))
    yield from (re.sub(r"\^\(\?P<app_label>.*", "<app_label>/", route) for route in found)


def home(model: type[Model]) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def of_model(route: str) -> tuple[str, str] | None:
    """Returns the model and the page that a route is of."""
    for label, model in NAMED.items():
        if route.startswith(home(model)):
            rest = route.removeprefix(home(model))
            return label, re.sub("<[^>]*>/?", "", rest).strip("/") or ("list" if not rest else "redirect")
    return None


def rules(route: str) -> tuple[str, set[str], set[str]]:
    """Returns a name for the page, who may read it and who may post to it."""
    found = of_model(route)
    if found is None:
        kind, table = ("desk", DESK) if route.startswith("/admin/desk/") else ("site", SITE)
        rest = route.removeprefix("/admin/desk/" if kind == "desk" else "/admin/")
        return f"{kind} {rest}", *table[rest]
    label, name = found
    see, add, change, delete = MODELS[label]
    of_page = {
        "list": (see, see),
        "add": (add, add),
        "change": (see, change),
        "history": (see, see),
        "delete": (delete, delete),
        "password": (change, change),
        "revoke": (see, see),
        "export": (ADMINISTRATORS, ADMINISTRATORS),
        "erase": (ADMINISTRATORS, ADMINISTRATORS),
        "redirect": (STAFF, STAFF),
    }
    return f"{label} {name}", *of_page[name]


@pytest.fixture
def newsroom(db: None, make_review: Callable[..., Any]) -> Callable[[Source], dict[str, Any]]:
    """Fills every table with a row of a source, and returns model → its key: `newsroom(source)`."""
    numbers = count(1)
    root = User.objects.create_superuser("root")

    def fill(source: Source) -> dict[str, Any]:
        key = f"{source.slug}-{next(numbers)}"
        article = Article.objects.create(source=source, external_id=key, title=key)
        reader = Commenter.objects.create(source=source, external_id=key, name=key)
        words = {"external_id": key, "raw": key, "text": key, "text_hash": key, "created_at": timezone.now()}
        comment = Comment.objects.create(source=source, article=article, commenter=reader, **words)
        review = make_review(comment, toxicity=0.9)
        decision = decision_record(comment_id=comment.pk, action=Action.ESCALATE, actor=root)
        target = webhook_target_create(url=f"https://example.org/{key}", sources=[source])[0]
        person = User.objects.create_user(key, is_staff=True)
        Moderator.objects.create(user=person).sources.set([source])
        mute = commenter_mute(commenter_id=reader.pk, actor=root, reason="spam")
        commenter_record(commenter_id=reader.pk, actor=root)
        version = word_list_create(name=key, entries=[Entry("blorg")], author=Author(root))
        access = {"username": key, "ip_address": "127.0.0.1", "path_info": "/", "user_agent": "x"}
        rows: tuple[Any, ...] = (
            *(source, article, reader, comment, review, review.score, decision, target, person, mute),
            LookUp.objects.get(commenter=reader),
            standing_begin(commenter=reader, kind="staff", actor=root),
            *(version, version.list, version.list.entries.get()),
            Claim.objects.create(comment=comment, error="failed", set_aside_at=timezone.now()),
            ReaderFlag.objects.create(comment=comment, reporter=key, reason="spam"),
            Feedback.objects.create(comment=comment, text=key, scores={"toxicity": 1}),
            Delivery.objects.create(target=target, decision=decision),
            Appeal.objects.create(comment=comment, decision=decision, text=key),
            TeamNote.objects.create(comment=comment, author=root, text=key),
            SavedView.objects.create(owner=root, name=key, queue="pending", shared=True),
            Erasure.objects.create(kind="retention", source=source, counts={"notes": 1}),
            AuditEntry.objects.first(),
            Group.objects.get(name="viewer"),
            ModelVersion.objects.get(),
            PolicyVersion.objects.first(),
            Reason.objects.first(),
            AccessAttempt.objects.create(**access, get_data="", post_data="", failures_since_start=1),
            AccessLog.objects.create(**access),
            AccessFailureLog.objects.create(**access),
        )
        api_key_create(name=key, scopes=["read"], sources=[source])
        return {**{row._meta.label: row.pk for row in rows}, "moderation.ApiKey": key}

    return fill


@pytest.fixture
def client_of(staff: Callable[..., Client], source: Source) -> Callable[[str], Client]:
    """Signs a role in."""

    def make(role: str) -> Client:
        client = Client(raise_request_exception=False)
        if role == "nobody":
            client.force_login(User.objects.create_user("nobody", is_staff=True))
        elif role == "superuser":
            client.force_login(User.objects.get(username="root"))
        elif role != "anonymous":
            client = staff(role.removeprefix("limited "), *([source] if role in LIMITED else []))
            client.raise_request_exception = False
        return client

    return make


def outcome(answer: Any) -> str:
    """Returns what became of a call: `open`, `refused`, `login`, `unknown` (nothing is there), or `failed`."""
    to = answer.headers.get("location", "")
    if answer.status_code >= 500:
        return "failed"
    if answer.status_code == 302 and (to.startswith("/admin/login/") or to == "/admin/"):
        return "login" if "login" in to else "unknown"
    return {403: "refused", 404: "unknown", 405: "unknown"}.get(answer.status_code, "open")


def expected(role: str, name: str, way: str, allowed: set[str], *, foreign: bool) -> set[str]:
    """Returns the outcomes that are right for a cell."""
    if role not in allowed:
        return {"login"} if role == "anonymous" else {"refused", "unknown"}
    if foreign and role in LIMITED and not name.endswith(" redirect"):
        return {"refused", "unknown"}
    return {"unknown"} if (name, way) in ABSENT else {"open"}


# What is in a page's address → whose number it has.
ROWS = {
    "/commenter/": "archive.Commenter",
    "/notes/": "moderation.TeamNote",
    "/views/": "moderation.SavedView",
    "/appeals/": "moderation.Appeal",
    "": "archive.Comment",
}


def address(route: str, keys: dict[str, Any]) -> str:
    """Returns a route with the keys of a newsroom in it."""
    found = of_model(route)
    key = keys[found[0]] if found else keys[next((row for part, row in ROWS.items() if part in route), ROWS[""])]
    route = route.replace("<row:version>", str(PolicyVersion.objects.get(active=True).version))
    route = route.replace("<app_label>", "archive").replace("(?P<url>.*)$", "none")
    return re.sub("<slug:[^>]*>", "pending", route) if "<slug:" in route else re.sub("<[^>]*>", str(key), route)


def cells(
    client: Client, role: str, newsrooms: tuple[dict[str, Any], dict[str, Any]]
) -> Iterator[tuple[Cell, set[str]]]:
    """Yields each cell of pages and forms, with the outcome that it had and those that are right."""
    for route in routes():
        if route.endswith(FOR_ANYBODY):
            continue
        name, *allowed = rules(route)
        found = of_model(route)
        has_row = "<" in route and "<slug:" not in route and not name.startswith("site")
        # Versions of the policy, as such models, belong to no source.
        both = (
            has_row
            and "<row:version>" not in route
            and "<row:view_id>" not in route
            and (found is None or found[0] not in FOR_ALL)
        )
        for foreign, keys in enumerate(newsrooms[: 2 if both else 1]):
            for way, who in zip(("get", "post"), allowed, strict=True):
                answer = getattr(client, way)(address(route, keys), {})
                right = expected(role, name, way, who, foreign=bool(foreign))
                yield (role, f"{way} {'another’s ' if foreign else ''}{name}", way, outcome(answer)), right


def actions(client: Client, role: str, keys: dict[str, Any]) -> Iterator[tuple[Cell, set[str]]]:
    """Yields each cell of actions: a forged one is posted, whether the page offers it or not."""
    for label, model in NAMED.items():
        for name, who in {**ACTIONS.get(label, {}), "forged": NONE}.items():
            answer = client.post(home(model), {"action": name, "_selected_action": keys[label]}, follow=True)
            became = "login" if "login" in answer.request["PATH_INFO"] else outcome(answer)
            # Django runs what it offers: where the list comes back without it, nothing was done.
            back = became == "open" and "cl" in answer.context
            became = "refused" if back and f'<option value="{name}"' not in answer.content.decode() else became
            yield (role, f"{label} {name}", "action", became), expected(role, label, "action", who, foreign=False)


def test_every_page_and_every_action_is_in_a_table() -> None:
    assert set(MODELS) == set(NAMED)
    for route in routes():
        assert route.endswith(FOR_ANYBODY) or rules(route)
    has = {label: {name for _act, name, _words in page_of(model)._get_base_actions()} for label, model in NAMED.items()}
    offered = {label for label, (*_rest, delete) in MODELS.items() if delete}
    for label, names in has.items():
        deleted = {"delete_selected"} if label in offered else set()
        assert names - {"delete_selected"} | deleted == set(ACTIONS.get(label, ())), label


@pytest.mark.parametrize("role", ROLES)
def test_a_role_gets_in_where_it_may_and_nowhere_else(
    newsroom: Callable[[Source], dict[str, Any]],
    client_of: Callable[[str], Client],
    source: Source,
    elsewhere: Source,
    role: str,
    request: pytest.FixtureRequest,
) -> None:
    own, foreign = newsroom(source), newsroom(elsewhere)
    client, before = client_of(role), stored()
    found = [*cells(client, role, (own, foreign)), *actions(client, role, own)]
    wrong = [(cell, right) for cell, right in found if cell[3] not in right]
    if request.config.get_verbosity() > 0:
        report(role, [cell for cell, _right in found])
    assert not wrong, "\n".join(map(str, wrong))
    assert len(found) > 300
    assert role in DECIDERS or stored() == before


def stored() -> list[Any]:
    """Returns what a person without an act of their own must leave as it is."""
    return [list(model._default_manager.order_by("pk").values()) for model in UNCHANGED]


def report(role: str, found: list[Cell]) -> None:
    became = Counter(cell[3] for cell in found)
    said = ", ".join(f"{number} {what}" for what, number in became.most_common())
    lines = [f"{role}: {len(found)} cells: {said}"]
    lines += [f"  {what}: {name}" for _role, name, _way, what in found if what in {"refused", "unknown"}]
    print("\n".join(["", *lines]))  # noqa: T201

"""The editor: a draft that the page carries, changed by its buttons, until it is saved as a new version."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from archive.models import Source
from moderation.desk.access import Person, desk_view
from moderation.desk.policies.drafts import draft_check, draft_new, draft_of, draft_read, draft_text
from moderation.desk.policies.fields import ACTION_CHOICES, Choices, Faults, rule_form
from moderation.desk.policies.kinds import number_text
from moderation.desk.policies.moves import Editing, placed
from moderation.desk.policies.refusals import fault_lines, fault_rule
from moderation.desk.policies.words import draft_lines, draft_test_words
from moderation.desk.responses import address, desk_page, go, refused_status
from moderation.desk.views.policies.access import WRITE, may_write, version_number, version_or_404
from moderation.services.errors import ServiceError
from moderation.services.policies.versions import NOTE_CHARACTERS, policy_create

SAVE = "save"


@desk_view(WRITE)
def editor(request: HttpRequest, person: Person) -> HttpResponse:
    """Shows a version, or nothing yet, in the editor; does what a button said; saves."""
    if not may_write(person):
        raise PermissionDenied
    if request.method != "POST":
        return _show(request, person, Editing(_begun(request)))
    try:
        editing = _posted(request)
    except ServiceError as error:
        return _show(request, person, Editing(draft_new()), refused=error)
    what = request.POST.get("do", "")
    if what == SAVE:
        return _saved(request, person, editing)
    editing.do(what, request.POST)
    return _show(request, person, editing)


def _begun(request: HttpRequest) -> dict[str, Any]:
    base = request.GET.get("base", "")
    if not base:
        return draft_new()
    number = version_number(base)
    if number is None:
        raise Http404
    return draft_of(version_or_404(number).body)


def _posted(request: HttpRequest) -> Editing:
    draft = draft_read(request.POST.get("draft", ""))
    editing = Editing(draft, placed(request.POST.get("open", ""), draft["rules"]))
    editing.fill(request.POST)
    return editing


def _saved(request: HttpRequest, person: Person, editing: Editing) -> HttpResponse:
    try:
        draft_check(editing.draft)
        saved = policy_create(body=editing.draft, actor=person.user, note=request.POST.get("note", "").strip())
    except ServiceError as error:
        at = fault_rule(error)
        editing.open = at if at is not None and at < len(editing.rules) else editing.open
        return _show(request, person, editing, refused=error)
    number = {"number": saved.version.version}
    said = (
        _("Saved as version %(number)d, a draft.")
        if saved.created
        else _("Version %(number)d already says exactly this.")
    )
    messages.success(request, said % number)
    return go(address("policy", saved.version.version))


def _show(request: HttpRequest, person: Person, editing: Editing, refused: ServiceError | None = None) -> HttpResponse:
    draft = editing.draft
    faults, lines = Faults.of(refused.errors if refused else ()), draft_lines(editing.rules)
    at = editing.open
    form = None if at is None else rule_form(editing.rules[at], f"/rules/{at}", faults, sources=_sources())
    return desk_page(
        request,
        person,
        "policies/editor",
        title=_("Write a policy"),
        status=refused_status(refused),
        draft=draft,
        draft_text=draft_text(draft),
        note=request.POST.get("note", ""),
        note_characters=NOTE_CHARACTERS,
        audit=_audit(draft),
        rules=lines,
        open=at,
        form=form,
        tests=[(draft_test_words(test), test) for test in draft.get("tests", [])],
        actions=ACTION_CHOICES,
        focus=editing.focus,
        refused=refused,
        fault_lines=fault_lines(refused, draft) if refused else [],
        name_errors=faults.take("/name"),
        base=request.GET.get("base", ""),
    )


def _audit(draft: dict[str, Any]) -> dict[str, str]:
    """Returns what is typed for the audit: its share, the least share, the strata."""
    audit = draft.get("audit")
    audit = audit if isinstance(audit, dict) else {"share": draft.get("audit_share")}
    return {name: number_text(audit.get(name)) for name in ("share", "floor", "strata")}


def _sources() -> Choices:
    return [(slug, name) for slug, name in Source.objects.order_by("name").values_list("slug", "name")]

"""One comment: why it is there, the thread around it, and every action on it, with the next comment at once."""

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from archive.models import Comment
from moderation.desk.access import Person, desk_view
from moderation.desk.dossier import dossier_of, edits_of
from moderation.desk.finding.filters import filters_of
from moderation.desk.forms import DEFER, DEFER_DEFAULT, action_input_read, reason_choices
from moderation.desk.policies.fields import ACTION_CHOICES
from moderation.desk.responses import act_remember, address, desk_page, go, refused_status
from moderation.desk.views.policies.access import may_write
from moderation.desk.views.queue import back_to, comment_asked, done_words, next_of, queue_asked
from moderation.desk.views.wellbeing.pause import pause_due, pause_page
from moderation.desk.wording.text import driving
from moderation.models import HandOver, State
from moderation.services.accounts.desk_settings import calm_seen, severe_seen
from moderation.services.errors import ServiceError
from moderation.services.online_scoring.spans import comment_spans
from moderation.services.review.decisions import decision_record
from moderation.services.review.holds import review_release
from moderation.services.states.current import current_review, review_of
from moderation.services.states.version import VersionToken
from moderation.services.team.hand_overs import may_end

# What gives a comment back undecided: to go on to the next one, or to the queue.
SKIP, LEAVE = "skip", "leave"
# What a person's decision says that the policy ought to do.
EXPECTED = {State.APPROVED: "pass", State.REJECTED: "reject"}


@desk_view()
def comment(request: HttpRequest, person: Person, comment_id: int) -> HttpResponse:
    """Shows a comment, or does what was posted and goes to the next one."""
    found = comment_asked(person, comment_id)
    if request.method != "POST":
        return pause_page(request, person, found) if pause_due(person, found) else _show(request, person, found)
    if not person.may_decide:
        raise PermissionDenied
    act = request.POST.get("act")
    if act in {SKIP, LEAVE}:
        review_release(comment_id=comment_id, actor=person.user)
        return go(next_of(request, person, found) if act == SKIP else back_to(request, person))
    return _decided(request, person, found)


def _decided(request: HttpRequest, person: Person, found: Comment) -> HttpResponse:
    wanted, token = (
        action_input_read(request.POST.dict(), person.macros),
        VersionToken.parse(request.POST.get("seen", "")),
    )
    if token is None or token.comment_id != found.pk:
        return _show(request, person, found, refused=ServiceError("validation_error", _("The form is incomplete.")))
    try:
        row = decision_record(comment_id=found.pk, actor=person.user, expected=token, **wanted.parts)
    except ServiceError as error:
        return _show(request, person, comment_asked(person, found.pk), refused=error, token=token)
    back = address("comment", found.pk, query=request.GET.urlencode())
    act_remember(request, done_words(wanted.action, found.pk), back=back, decision=row.pk)
    return go(next_of(request, person, found))


def _spans(request: HttpRequest, found: Comment) -> tuple[list[dict[str, Any]], bool]:
    """Returns what drove the score, and whether the model could be asked for it: not every comment has it kept."""
    review = current_review(found)
    if review is None or review.score is None:
        return [], False
    if review.score.spans or "explain" not in request.GET:
        return driving(review.score.spans), not review.score.spans
    try:
        return driving([asdict(span) for span in comment_spans(comment_id=found.pk)]), False
    except ServiceError as error:
        messages.warning(request, error.detail)
        return [], True


def _may_end(person: Person, handed: HandOver | None) -> bool:
    return handed is not None and person.may_decide and may_end(hand_over=handed, actor=person.user)


def _seen(person: Person, found: Comment) -> int:
    return severe_seen(user=person.user, comment_id=found.pk, stored=person.stored)


def _show(
    request: HttpRequest,
    person: Person,
    found: Comment,
    refused: ServiceError | None = None,
    token: VersionToken | None = None,
) -> HttpResponse:
    asked = queue_asked(request)
    filters = filters_of(request.GET, person, asked.name)
    review = review_of(found)
    spans, may_explain = _spans(request, found)
    dossier = dossier_of(found, person, spans=spans, reveal="reveal" in request.GET)
    severe = _seen(person, found) if dossier.severe else None
    if not dossier.severe:
        calm_seen(user=person.user, stored=person.stored)
    stale = refused is not None and refused.code == "precondition_failed"
    return desk_page(
        request,
        person,
        "comment",
        title=_("Comment #%(number)s") % {"number": found.pk},
        status=refused_status(refused),
        dossier=dossier,
        comment=found,
        review=review,
        refused=refused,
        stale=stale,
        changed=edits_of(found, since=token.revision) if stale and token and token.revision < found.revision else [],
        may_explain=may_explain,
        severe_count=person.severe_today if severe is None else severe,
        reasons=reason_choices() if person.may_decide else [],
        defers=DEFER.items(),
        defer_default=DEFER_DEFAULT,
        queue=asked,
        query=filters.query_here(queue=asked.name),
        back=back_to(request, person),
        unscored_edits=edits_of(found, since=found.taken_revision) if dossier.edited and found.taken_revision else [],
        reason_required=settings.MODERATION_REASON_REQUIRED,
        note=request.POST.get("note", ""),
        may_end=_may_end(person, dossier.handed),
        policy_test_actions=ACTION_CHOICES if dossier.decidable and may_write(person) else (),
        policy_test_action=EXPECTED.get(State(review.state), "queue") if review else "queue",
    )

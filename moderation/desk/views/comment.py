"""One comment: why it is there, the thread around it, and every action on it, with the next comment at once."""

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from archive.models import Comment
from moderation.desk.access import DECIDE, Person, desk_view
from moderation.desk.dossier import comment_for, dossier_of, edits_of
from moderation.desk.filters import filters_of
from moderation.desk.forms import DEFER, DEFER_DEFAULT, action_input_read, reason_choices
from moderation.desk.policies.fields import ACTION_CHOICES
from moderation.desk.queues import DEFAULT, QUEUES, Queue
from moderation.desk.responses import act_remember, address, desk_page, go, part, refused_status
from moderation.desk.text import driving
from moderation.desk.views.policies.access import may_write
from moderation.desk.views.queue import done_words, next_address
from moderation.models import State
from moderation.services.accounts.desk_settings import severe_seen
from moderation.services.errors import ServiceError
from moderation.services.online_scoring.spans import comment_spans
from moderation.services.review.decisions import decision_record
from moderation.services.review.holds import review_hand_over, review_hold, review_release
from moderation.services.states.current import current_review, review_of
from moderation.services.states.version import VersionToken

MAX_MODERATORS = 200
# What gives a comment back undecided: to go on to the next one, or to the queue.
SKIP, LEAVE = "skip", "leave"
# What a person's decision says that the policy ought to do.
EXPECTED = {State.APPROVED: "pass", State.REJECTED: "reject"}


@desk_view()
def comment(request: HttpRequest, person: Person, comment_id: int) -> HttpResponse:
    """Shows a comment, or does what was posted and goes to the next one."""
    found = _comment(person, comment_id)
    if request.method != "POST":
        return _show(request, person, found)
    if not person.may_decide:
        raise PermissionDenied
    act = request.POST.get("act")
    if act in {SKIP, LEAVE}:
        review_release(comment_id=comment_id, actor=person.user)
        return go(_next(request, person, found) if act == SKIP else _back(request, person))
    return _decided(request, person, found)


@desk_view(DECIDE)
def hold(request: HttpRequest, person: Person, comment_id: int) -> HttpResponse:
    """Takes the comment, or keeps it: pages that stay open ask again and again. Says who holds it."""
    found = _comment(person, comment_id)
    if request.method != "POST":
        return go(address("comment", comment_id, query=request.GET.urlencode()))
    try:
        review = review_hold(
            comment_id=comment_id, actor=person.user, expected=VersionToken.parse(request.POST.get("seen", ""))
        )
    except ServiceError as error:
        return part(request, person, "holder", refused=error, comment=found)
    return part(request, person, "holder", review=review, comment=found, query=request.GET.urlencode())


@desk_view(DECIDE)
def hand_over(request: HttpRequest, person: Person, comment_id: int) -> HttpResponse:
    """Asks to whom the comment goes, and gives it to them."""
    found, refused = _comment(person, comment_id), None
    people = _colleagues(person, found)
    if request.method == "POST":
        to = people.filter(username=request.POST.get("to", "")).first()
        refused = _handed_over(person, found, to)
        if refused is None and to:
            said = _("Comment #%(number)s was handed to %(name)s.")
            messages.success(request, said % {"number": found.pk, "name": to.get_username()})
            return go(_next(request, person, found))
    return desk_page(
        request,
        person,
        "hand_over",
        title=_("Hand over comment #%(number)s") % {"number": found.pk},
        status=refused_status(refused),
        comment=found,
        people=people[:MAX_MODERATORS],
        refused=refused,
        back=address("comment", found.pk, query=request.GET.urlencode()),
    )


def _colleagues(person: Person, found: Comment) -> QuerySet[User]:
    """Returns the others who see the comment's source, by name."""
    of_source = Q(moderator=None) | Q(moderator__sources=None) | Q(moderator__sources=found.source_id)
    staff = User.objects.filter(of_source, is_active=True, is_staff=True)
    return staff.exclude(pk=person.user.pk).order_by("username")


def _handed_over(person: Person, found: Comment, to: User | None) -> ServiceError | None:
    if to is None:
        return ServiceError("validation_error", _("Choose who takes the comment."))
    try:
        review_hold(comment_id=found.pk, actor=person.user)
        review_hand_over(comment_id=found.pk, actor=person.user, to=to)
    except ServiceError as error:
        return error
    return None


def _comment(person: Person, comment_id: int) -> Comment:
    found = comment_for(person, comment_id)
    if found is None:
        raise Http404
    return found


def _queue(request: HttpRequest) -> Queue:
    return QUEUES.get(request.GET.get("queue", ""), DEFAULT)


def _back(request: HttpRequest, person: Person) -> str:
    """Returns the page of the queue that the person came from."""
    asked = _queue(request)
    return address("queue", asked.name, query=filters_of(request.GET, person, asked.name).query_here())


def _next(request: HttpRequest, person: Person, found: Comment) -> str:
    asked = _queue(request)
    review = review_of(found)
    return next_address(person, asked, filters_of(request.GET, person, asked.name), past=review)


def _decided(request: HttpRequest, person: Person, found: Comment) -> HttpResponse:
    wanted, token = action_input_read(request.POST.dict()), VersionToken.parse(request.POST.get("seen", ""))
    if token is None or token.comment_id != found.pk:
        return _show(request, person, found, refused=ServiceError("validation_error", _("The form is incomplete.")))
    try:
        row = decision_record(comment_id=found.pk, actor=person.user, expected=token, **wanted.parts)
    except ServiceError as error:
        return _show(request, person, _comment(person, found.pk), refused=error, token=token)
    back = address("comment", found.pk, query=request.GET.urlencode())
    act_remember(request, done_words(wanted.action, found.pk), back=back, decision=row.pk)
    return go(_next(request, person, found))


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


def _show(
    request: HttpRequest,
    person: Person,
    found: Comment,
    refused: ServiceError | None = None,
    token: VersionToken | None = None,
) -> HttpResponse:
    asked = _queue(request)
    filters = filters_of(request.GET, person, asked.name)
    review = review_of(found)
    spans, may_explain = _spans(request, found)
    dossier = dossier_of(found, person, spans=spans, reveal="reveal" in request.GET)
    severe = severe_seen(user=person.user, comment_id=found.pk, stored=person.stored) if dossier.severe else None
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
        back=_back(request, person),
        unscored_edits=edits_of(found, since=found.taken_revision) if dossier.edited and found.taken_revision else [],
        reason_required=settings.MODERATION_REASON_REQUIRED,
        note=request.POST.get("note", ""),
        policy_test_actions=ACTION_CHOICES if dossier.decidable and may_write(person) else (),
        policy_test_action=EXPECTED.get(State(review.state), "queue") if review else "queue",
    )

"""Takes an appeal against a rejection, once a decision at a time and for as long as the law gives."""

from collections.abc import Collection
from datetime import timedelta
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from archive.database.clock import database_now
from archive.models import Comment, Source
from moderation.models import Action, Appeal, Decision, DecisionKind, State, WebhookTarget
from moderation.services.errors import ServiceError, conflict, invalid, not_found
from moderation.services.ledger.in_force import decisions_in_force
from moderation.services.states.locking import lock_comments, lock_reviews
from moderation.services.webhooks.transport import url_check

TEXT_CHARACTERS = 5_000
PORTS = {"http": 80, "https": 443}


@transaction.atomic
def appeal_make(
    *,
    decision_id: int,
    text: str,
    appellant: str = "",
    callback_url: str = "",
    api_key: str = "",
    sources: Collection[int] = (),
) -> tuple[Appeal, bool]:
    """Takes an appeal in and returns it, and whether it is new: the same one sent again changes nothing.

    `text` has 1 to TEXT_CHARACTERS characters; `sources` are the caller's, empty for all. Raises ServiceError:
    `not_found`, also for a decision of another source; `validation_error` by field; `conflict` if the decision is no
    rejection that stands, if its time for appeals is over, or if another appeal against it is open.
    """
    if not 0 < len(text.strip()) <= TEXT_CHARACTERS:
        said = _("An appeal has 1 to %(limit)d characters.") % {"limit": TEXT_CHARACTERS}
        raise invalid("/text", said, limit=TEXT_CHARACTERS)
    decision, comment = _locked(decision_id, sources)
    sent_before = Appeal.objects.filter(decision=decision, text=text, appellant=appellant).order_by("-pk").first()
    if sent_before is not None:
        return sent_before, False
    _check_callback(callback_url, comment.source)
    _check_decision(decision, comment)
    said_by = {"text": text, "appellant": appellant, "callback_url": callback_url, "api_key": api_key}
    return Appeal.objects.create(decision=decision, comment=comment, **said_by), True


def callback_target(*, url: str, source_id: int) -> WebhookTarget | None:
    """Returns the active webhook target of the source that has the address's origin, None if there is none."""
    for target in WebhookTarget.objects.filter(active=True).prefetch_related("sources").order_by("pk"):
        limits = {source.pk for source in target.sources.all()}
        if (not limits or source_id in limits) and _origin(urlsplit(target.url)) == _origin(urlsplit(url)):
            return target
    return None


def _locked(decision_id: int, sources: Collection[int]) -> tuple[Decision, Comment]:
    """Returns the decision and its comment, which is locked, so that two appeals do not pass each other."""
    decision = Decision.objects.filter(pk=decision_id, comment__isnull=False).first()
    for comment in lock_comments([decision.comment_id or 0] if decision else [], sources=sources):
        if decision is not None:
            return decision, comment
    raise not_found(_("There is no such decision on a comment."))


def _check_decision(decision: Decision, comment: Comment) -> None:
    if decision.action != Action.REJECT or decision.kind == DecisionKind.UNDO:
        raise conflict(_("Only a rejection can be appealed against."))
    days = settings.MODERATION_APPEAL_DAYS
    if decision.at + timedelta(days=days) < database_now():
        raise conflict(_("An appeal is made within %(days)d days of the decision.") % {"days": days})
    if not _stands(decision, comment):
        raise conflict(_("The decision does not stand any more."))
    if Appeal.objects.open().filter(decision=decision).exists():
        raise conflict(_("Another appeal against this decision is open."))


def _stands(decision: Decision, comment: Comment) -> bool:
    """Says whether it is because of this decision that the comment is rejected."""
    review = lock_reviews([comment.pk]).get(comment.pk)
    rows = decisions_in_force(list(Decision.objects.filter(comment_id=comment.pk).order_by("pk")))
    rejections = [row.pk for row in rows if row.action == Action.REJECT]
    return review is not None and review.state == State.REJECTED and rejections[-1:] == [decision.pk]


def _check_callback(url: str, source: Source) -> None:
    """Raises ServiceError at `/callback_url` for an address that no webhook target of the source vouches for."""
    if not url:
        return
    try:
        url_check(url)
    except ServiceError as error:
        raise invalid("/callback_url", error.detail) from None
    if callback_target(url=url, source_id=source.pk) is None:
        raise invalid("/callback_url", _("The address has the origin of none of the source's active webhook targets."))


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)

"""Hand-overs: a comment that one moderator gives to another, who has it until they decide on it or give it back.

A hold is a lease and ends by itself (`services.review.holds`); a hand-over is a row and does not. While it stands, the
next comment is never this one for others, and other people's decisions on it are refused. A key's are not: what the
site itself decides waits for no person.
"""

from collections.abc import Collection

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from archive.database.clock import database_now
from archive.models import Comment
from moderation.models import HandOver, HandOverEnd, Review, State
from moderation.services.accounts.source_limits import user_sources
from moderation.services.errors import conflict, denied, invalid, not_found

DECIDE = "moderation.decide"
# Who may end a hand-over between two others: those who may also undo others' decisions.
END_OTHERS = "moderation.undo_others"
NOTE_CHARACTERS = 1_000
BACKEND = "django.contrib.auth.backends.ModelBackend"


def people_to_hand_to(*, comment: Comment, actor: User) -> QuerySet[User]:
    """Returns the others who may decide on the comment, by name."""
    of_source = Q(moderator=None) | Q(moderator__sources=None) | Q(moderator__sources=comment.source_id)
    people: QuerySet[User] = User.objects.with_perm(DECIDE, backend=BACKEND)
    return people.filter(of_source, is_staff=True).exclude(pk=actor.pk).order_by("username").distinct()


@transaction.atomic
def hand_over_begin(*, comment_id: int, actor: User, to: User, note: str = "") -> HandOver:
    """Hands a comment to another moderator; what stood of it before is passed on.

    Raises ServiceError: `not_found`, also for another source's comment; `validation_error` by field; `conflict` for a
    closed comment, and for one that somebody else holds or was handed.
    """
    comment = _locked(comment_id, actor)
    _check(comment, actor, to, note)
    now, standing = database_now(), HandOver.objects.standing().filter(comment=comment)
    earlier = standing.select_related("taker").first()
    if earlier and actor.pk not in {earlier.taker_id, earlier.giver_id}:
        raise conflict(_("It was handed to %(name)s.") % {"name": earlier.taker.get_username()})
    standing.update(ended_at=now, ending=HandOverEnd.PASSED_ON)
    Review.objects.filter(pk=comment.pk, holder=actor).update(holder=None, holder_until=None)
    return HandOver.objects.create(comment=comment, giver=actor, taker=to, note=note.strip(), at=now)


@transaction.atomic
def hand_over_end(*, comment_id: int, actor: User) -> HandOver:
    """Ends a hand-over that stands: the one who has it gives it back, the giver takes it back, a senior ends it.

    Raises ServiceError: `not_found`; `conflict` if none stands; `permission_denied` for everybody else.
    """
    comment = _locked(comment_id, actor)
    row = HandOver.objects.standing().select_related("giver", "taker").filter(comment=comment).first()
    if row is None:
        raise conflict(_("The comment is handed to nobody."))
    row.ending, row.ended_at = _ending(row, actor), database_now()
    row.save(update_fields=["ending", "ended_at"])
    Review.objects.filter(pk=comment.pk, holder=actor).update(holder=None, holder_until=None)
    return row


def may_end(*, hand_over: HandOver, actor: User) -> bool:
    """Says whether `actor` may end the hand-over."""
    return actor.pk in {hand_over.taker_id, hand_over.giver_id} or actor.has_perm(END_OTHERS)


def handed_to_others(*, comment_ids: Collection[int], actor: User | None) -> frozenset[int]:
    """Returns which of the comments are kept for somebody else than `actor`. One query, none for a key."""
    if actor is None:
        return frozenset()
    rows = HandOver.objects.to_others(actor).filter(comment__in=comment_ids)
    return frozenset(rows.values_list("comment_id", flat=True))


def hand_overs_taken(*, comment_ids: Collection[int]) -> None:
    """Ends the hand-overs of comments that were decided on. One query."""
    rows = HandOver.objects.standing().filter(comment__in=comment_ids)
    rows.update(ended_at=database_now(), ending=HandOverEnd.TAKEN)


def _ending(row: HandOver, actor: User) -> HandOverEnd:
    if not may_end(hand_over=row, actor=actor):
        raise denied(_("Only who has it, who handed it over, or a senior ends a hand-over."))
    if actor.pk == row.taker_id:
        return HandOverEnd.GIVEN_BACK
    return HandOverEnd.TAKEN_BACK if actor.pk == row.giver_id else HandOverEnd.ENDED


def _locked(comment_id: int, actor: User) -> Comment:
    comments, sources = Comment.objects.filter(pk=comment_id), user_sources(actor)
    comments = comments.filter(source__in=sources) if sources else comments
    found = comments.defer("raw", "meta").select_for_update(of=("self",), no_key=True).first()
    if found is None:
        raise not_found(_("There is no such comment."))
    return found


def _check(comment: Comment, actor: User, to: User, note: str) -> None:
    if len(note) > NOTE_CHARACTERS:
        said = _("A note has at most %(limit)d characters.") % {"limit": NOTE_CHARACTERS}
        raise invalid("/note", said, limit=NOTE_CHARACTERS)
    if not people_to_hand_to(comment=comment, actor=actor).filter(pk=to.pk).exists():
        raise invalid("/to", _("%(name)s may not decide on this comment.") % {"name": to.get_username()})
    review = Review.objects.select_related("holder").filter(pk=comment.pk).first()
    if review is None:
        raise not_found(_("There is no such comment."))
    if review.state == State.CLOSED:
        raise conflict(_("The comment is closed: it was withdrawn, erased or deleted."))
    if review.is_held(database_now()) and review.holder_id != actor.pk:
        raise conflict(_("%(name)s holds the comment.") % {"name": review.holder})

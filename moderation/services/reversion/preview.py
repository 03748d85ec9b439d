"""What taking a rule back would undo, to be looked at before it is done. Writes nothing."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from archive.models import Comment
from moderation.models import DecidedBy, PolicyVersion, Reversion, Review
from moderation.services.errors import ServiceError, invalid
from moderation.services.reversion.run import CHUNK, Undo, reversion_planned, reviews_of_rule, undos_make
from moderation.services.states.version import VersionToken

# What a page waits for; more is for the command and the API.
MOST_PREVIEWED = 5_000


@dataclass(frozen=True, slots=True)
class ReversionPreview:
    """What would be undone.

    Attributes:
        last_id: The last comment that it is about; the rule may decide others meanwhile.
        tokens: The comments that become what they were, each in the version that was looked at.
        moves: (state now, state then) → how many.
        upheld: How many of them keep their state: another version had decided the same before.
        left: How many stay as they are: something came after the rule.
        people: How many that the rule decided on have been decided by a person since, which stays.
        reverted: How many an interrupted run has undone already.
    """

    last_id: int
    tokens: tuple[VersionToken, ...]
    moves: Mapping[tuple[str, str], int]
    upheld: int
    left: int
    people: int
    reverted: int


def reversion_preview(*, version: PolicyVersion, rule: str, last_id: int | None = None) -> ReversionPreview:
    """Returns what taking the rule back would undo, up to the comment `last_id`, by default the newest.

    Of an interrupted run it is what is left of that. Raises ServiceError `validation_error` for more than
    MOST_PREVIEWED comments.
    """
    reversion = reversion_planned(version=version, rule=rule, last_id=last_id)
    ids = list(reviews_of_rule(reversion).values_list("pk", flat=True)[: MOST_PREVIEWED + 1])
    _refuse_many(len(ids))
    moves: Counter[tuple[str, str]] = Counter()
    tokens = []
    for undo in _undos(ids, reversion):
        tokens.append(undo.token)
        moves[undo.state, undo.review.state] += undo.row is not None
    undone = +moves
    upheld, left = len(tokens) - undone.total(), len(ids) - len(tokens)
    people = _by_people(reversion)
    return ReversionPreview(reversion.last_id, tuple(tokens), undone, upheld, left, people, reversion.reverted)


def preview_check(*, found: ReversionPreview, tokens: Collection[VersionToken]) -> None:
    """Raises ServiceError `preview_changed` unless these are the comments that would be undone."""
    if set(found.tokens) != set(tokens):
        said = _("What this would undo is not what was shown any longer: look at it again, then confirm.")
        raise ServiceError("preview_changed", said)


def _undos(ids: list[int], reversion: Reversion) -> Iterator[Undo]:
    """Yields what would be made of each comment, a chunk in memory at a time; four queries a chunk."""
    for at in range(0, len(ids), CHUNK):
        chunk = ids[at : at + CHUNK]
        comments = list(Comment.objects.filter(pk__in=chunk).order_by("pk").defer("raw", "meta"))
        reviews = Review.objects.select_related("score__model").in_bulk(chunk)
        yield from undos_make(comments=comments, reviews=reviews, reversion=reversion)


def _by_people(reversion: Reversion) -> int:
    decided = Review.objects.filter(decided_by=DecidedBy.PERSON, policy=reversion.policy_id)
    return decided.filter(verdict__rule=reversion.rule).count()


def _refuse_many(count: int) -> None:
    if count > MOST_PREVIEWED:
        said = _("The rule decided over %(limit)d comments, too many for a page.") % {"limit": MOST_PREVIEWED}
        raise invalid("/rule", said, code="too_many", limit=MOST_PREVIEWED)

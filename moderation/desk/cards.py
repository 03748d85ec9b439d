"""Comments as a queue lists them: the beginning of the text, why each is there, and whether readers see it now."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.db.models.functions import Left

from archive.database.clock import database_now
from archive.excerpts import ARTICLE_UNREAD, COMMENT_UNREAD, EXCERPT_CHARACTERS, UNREAD
from archive.models import Comment, OriginState
from moderation.desk.access import Person
from moderation.desk.wording.causes import LAST_DECISION, Cause, causes_of, causes_unscored, failures_read, reports_read
from moderation.desk.wording.labels import ATTRIBUTES, STATES, label
from moderation.desk.wording.text import TextPiece, pieces
from moderation.models import Review, State
from moderation.policies.verdict import reason_text
from moderation.services.states.current import shown_state
from moderation.services.states.version import VersionToken

MAX_REASONS = 4
# What hurts to read, apart from what is merely rude.
SEVERE = ("severe_toxicity", "threat", "identity_attack", "sexual_explicit")
_WORDS = 60
_SPOKEN_WORDS = 8


@dataclass(frozen=True, slots=True)
class CardReason:
    """One ground of a verdict: a score and the `bar` that it reached; one of another kind is all in `attribute`."""

    attribute: str
    score: float | None = None
    bar: float | None = None


@dataclass(frozen=True)
class Card:
    """One comment of a queue, with all that its place in a list shows."""

    comment: Comment
    review: Review | None
    text: list[TextPiece]
    cut: bool
    severe: bool
    blurred: bool
    grey: bool
    holder: str
    causes: list[Cause] = field(default_factory=list)

    @cached_property
    def spoken(self) -> str:
        """Returns what a screen reader calls the comment: number, author and, unless it is blurred, its beginning."""
        name = ", ".join(filter(None, (f"#{self.comment.pk}", str(self.comment.commenter or ""))))
        words = [] if self.blurred else "".join(piece.text for piece in self.text).split()
        return f"{name}: {' '.join(words[:_SPOKEN_WORDS])}" if words else name

    @cached_property
    def state(self) -> str:
        """Returns the comment's state."""
        return shown_state(self.comment)

    @cached_property
    def state_label(self) -> str:
        """Returns the state in words."""
        return label(STATES, self.state)

    @cached_property
    def readers_see(self) -> bool:
        """Says whether readers see the comment now."""
        return readers_see(self.comment, self.review)

    @cached_property
    def token(self) -> VersionToken:
        """Returns the version that an action from this page is made conditional on."""
        return VersionToken.of(self.comment)

    @cached_property
    def reasons(self) -> list[CardReason]:
        """Returns why the comment is flagged, in words."""
        return verdict_reasons(self.review)

    @cached_property
    def rule(self) -> str:
        """Returns the rule that put it there."""
        return str(self.review.verdict.get("rule", "")) if self.review else ""


def cards_read(ids: Sequence[int], person: Person) -> list[Card]:
    """Returns the cards of these reviews in this order: one query, and one more if readers reported any."""
    unread = (*COMMENT_UNREAD, *(f"article__{column}" for column in ARTICLE_UNREAD))
    rows: QuerySet[Any] = Review.objects.filter(pk__in=ids)
    rows = rows.annotate(excerpt=Left("comment__text", EXCERPT_CHARACTERS), last=LAST_DECISION)
    rows = rows.select_related("comment__commenter", "article", "source", "score", "holder")
    found = {row.pk: row for row in rows.defer("facts", "score__spans", *unread)}
    said = reports_read([pk for pk, row in found.items() if row.reader_flags])
    return [
        _card(_placed(row), row, row.excerpt, person, causes_of(row, row.last, said.get(row.pk, ())))
        for row in (found[pk] for pk in ids if pk in found)
    ]


def _placed(review: Review) -> Comment:
    """Returns the review's comment with the article and the source that the review has loaded: they are the same."""
    review.comment.article, review.comment.source = review.article, review.source
    return review.comment


def unscored_read(ids: Sequence[int], person: Person, *, told: bool = True) -> list[Card]:
    """Returns the cards of comments that need no review, in this order: two queries, one if not `told` why."""
    rows: QuerySet[Any] = Comment.objects.filter(pk__in=ids).annotate(excerpt=Left("text", EXCERPT_CHARACTERS))
    rows = rows.select_related("commenter", "article", "source", "review__score")
    found = {row.pk: row for row in rows.defer(*UNREAD, *(f"article__{column}" for column in ARTICLE_UNREAD))}
    if not told:
        return [_card(row, getattr(row, "review", None), row.excerpt, person, []) for row in map(found.get, ids) if row]
    failed = failures_read(found)
    return [_unscored(found[pk], person, failed=pk in failed) for pk in ids if pk in found]


def _unscored(comment: Any, person: Person, *, failed: bool) -> Card:
    review = getattr(comment, "review", None)
    causes = causes_unscored(comment, scored_before=review is not None, failed=failed)
    return _card(comment, review, comment.excerpt, person, causes)


def _card(comment: Comment, review: Review | None, excerpt: str, person: Person, causes: list[Cause]) -> Card:
    words = excerpt.split(maxsplit=_WORDS)
    cut = len(words) > _WORDS or len(excerpt) == EXCERPT_CHARACTERS
    shown = excerpt if len(words) <= _WORDS else excerpt[: len(excerpt) - len(words[-1])].rstrip()
    severe = severity(review) >= person.settings.severe_from
    return Card(
        comment=comment,
        review=review,
        text=pieces(shown, mask=person.settings.mask_slurs),
        cut=cut,
        severe=severe,
        blurred=severe and person.settings.blur_above is not None,
        grey=severe and person.settings.grey_severe,
        holder=holder_of(review, person),
        causes=causes,
    )


def holder_of(review: Review | None, person: Person) -> str:
    """Returns the name of the other person who holds the comment now; empty if nobody or this person does."""
    holder = _holder(review)
    return holder.get_username() if holder and holder.pk != person.user.pk else ""


def held_by(review: Review | None, person: Person) -> bool:
    """Says whether the person holds the comment now."""
    holder = _holder(review)
    return holder is not None and holder.pk == person.user.pk


def _holder(review: Review | None) -> User | None:
    return review.holder if review and review.is_held(database_now()) else None


def severity(review: Review | None) -> float:
    """Returns how hard the comment may be to read, 0 to 1: the largest score of `SEVERE`; 0 if it has none."""
    scores = review.score.values() if review and review.score else {}
    return max((scores.get(name, 0.0) for name in SEVERE), default=0.0)


def readers_see(comment: Comment, review: Review | None) -> bool:
    """Says whether readers see the comment now: by its review or, before there is one, by its origin."""
    if comment.erased_at or comment.withdrawn_at:
        return False
    if review is None:
        return comment.origin_state == OriginState.PUBLISHED
    return not review.held and review.state not in {State.REJECTED, State.CLOSED}


def verdict_reasons(review: Review | None) -> list[CardReason]:
    """Returns the reasons of the current verdict: scores, the strongest first, then those of other kinds."""
    found = (review.verdict.get("reasons") or ()) if review else ()
    rows = sorted(found, key=lambda one: one["threshold"] - one["score"] if "attribute" in one else 1.0)
    return [_card_reason(one) for one in rows[:MAX_REASONS]]


def _card_reason(reason: dict[str, Any]) -> CardReason:
    if "attribute" not in reason:
        return CardReason(reason_text(reason))
    return CardReason(label(ATTRIBUTES, reason["attribute"]), reason["score"], reason["threshold"])

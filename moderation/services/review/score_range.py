"""Decides on all pending comments whose score for one attribute is in a range, after a preview.

The histogram and the count of a range read only the partial index on pending reviews (`review_pending_scores`), however
large the archive is; comments that were edited a moment ago still count. A preview's token (`services.review.previews`)
holds the action and the previewed comments: the action applies to exactly those, and not to comments that arrived or
changed since.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from django.contrib.auth.models import User
from django.db.models import Count, F, FloatField, Value
from django.db.models.functions import Floor, Least
from django.utils.translation import gettext as _

from moderation.models import Review, ReviewQuerySet, Score, State
from moderation.services.errors import invalid
from moderation.services.review.actions import action_check
from moderation.services.review.chunks import BulkOutcome, actions_apply
from moderation.services.review.previews import PreviewTerms, preview_read, preview_sign
from moderation.services.states.version import VersionToken

# The same token gives the same batch id: a retry after an interruption continues the batch, and one undo covers it all.
BATCHES = UUID("5a4c7b0e-3d0f-4a53-9c61-0c3f5f1f6c1d")
MAX_BINS = 100
MAX_COMMENTS = 5_000  # what one request can decide in a few seconds
MAX_SAMPLED = 100
# Stops before a server or proxy times out; the next request continues with what is left.
DECIDE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which pending comments count: those on articles of a `section`, or these `articles`; all without either."""

    section: str = ""
    articles: tuple[int, ...] = ()

    @property
    def scope(self) -> str:
        """Returns what a preview is signed for; empty for all."""
        return f":{self.section!r}:{sorted(self.articles)}" if self.section or self.articles else ""


EVERYWHERE = Narrowing()


@dataclass(frozen=True, slots=True)
class Bin:
    """How many pending comments have a score from `lower` to `upper`; only the last bin includes its upper end."""

    lower: float
    upper: float
    count: int


@dataclass(frozen=True, slots=True)
class RangePreview:
    """A range's `count` of comments, a `sample` of them from the lowest score to the highest, and the token.

    The token is empty unless the preview was of an action. Reviews in the sample have their comment, article, commenter
    and score loaded.
    """

    count: int
    sample: list[Review]
    token: str


def pending_histogram(
    *, attribute: str, sources: Collection[int], bins: int = 20, narrowing: Narrowing = EVERYWHERE
) -> list[Bin]:
    """Returns `bins` bins of equal width from 0 to 1, including empty ones. One query over the pending comments.

    `sources` are ids; empty means all. Raises ServiceError `validation_error` for an attribute without a column, and
    for a number of bins outside 1 to MAX_BINS.
    """
    _check_attribute(attribute)
    if not 1 <= bins <= MAX_BINS:
        raise invalid("/bins", _("There are 1 to %(limit)d bins.") % {"limit": MAX_BINS}, limit=MAX_BINS)
    place = Least(Floor(F(attribute) * Value(float(bins))), Value(float(bins - 1)), output_field=FloatField())
    scored = _pending(sources, narrowing).filter(**{f"{attribute}__isnull": False})
    counts = {int(at): count for at, count in scored.values_list(place).annotate(Count("pk")).order_by()}
    return [Bin(at / bins, (at + 1) / bins, counts.get(at, 0)) for at in range(bins)]


def range_terms(
    *,
    attribute: str,
    lower: float,
    upper: float,
    sources: Collection[int],
    actor: User,
    action: str,
    reason: str = "",
    narrowing: Narrowing = EVERYWHERE,
) -> PreviewTerms:
    """Returns what a preview of an action on a range is of."""
    scope = f"range:{attribute}:{float(lower)!r}:{float(upper)!r}:{sorted(sources)}{narrowing.scope}"
    return PreviewTerms(actor=actor, scope=scope, action=action, reason=reason)


def range_preview(
    *,
    attribute: str,
    lower: float,
    upper: float,
    sources: Collection[int],
    sample: int = 12,
    terms: PreviewTerms | None = None,
    narrowing: Narrowing = EVERYWHERE,
) -> RangePreview:
    """Returns how many pending comments score from `lower` to `upper`, both ends included, and a sample of them.

    The sample is spread evenly over the comments, ordered by score. `terms` are those of the range and of the action
    that its token is for. Two queries. Raises ServiceError `validation_error` by field, and if the range holds more
    than MAX_COMMENTS: choose a narrower one.
    """
    found_rows = list(_in_range(attribute, lower, upper, sources, narrowing)[: MAX_COMMENTS + 1])
    if len(found_rows) > MAX_COMMENTS:
        said = _("A range holds at most %(limit)d comments at once: take a narrower one.") % {"limit": MAX_COMMENTS}
        raise invalid("/lower", said, limit=MAX_COMMENTS)
    rows = [VersionToken(*row[1:]) for row in sorted(found_rows)]
    picked = [rows[at].comment_id for at in _spread(len(rows), min(max(sample, 0), MAX_SAMPLED))]
    found = _shown().in_bulk(picked)
    token = preview_sign(terms=terms, tokens=rows) if terms else ""
    return RangePreview(len(rows), [found[pk] for pk in picked if pk in found], token)


def range_decide(  # noqa: PLR0913 - a range and a decision have that many parts
    *,
    attribute: str,
    lower: float,
    upper: float,
    sources: Collection[int],
    token: str,
    action: str,
    actor: User,
    reason: str = "",
    note: str = "",
    narrowing: Narrowing = EVERYWHERE,
) -> BulkOutcome:
    """Applies one action to the comments of a preview, as one batch; those that changed since are listed as refused.

    Comments that entered the range after the preview are not touched. Works in transactions of bounded size: after an
    interruption, or after DECIDE_SECONDS (`left`), the same call with the same token continues the batch. Raises
    ServiceError: `validation_error` by field; `preview_changed` if the token is not that of a recent preview of this
    range and action by this person (preview again).
    """
    _check_range(attribute, lower, upper)
    scope: dict[str, Any] = {"attribute": attribute, "lower": lower, "upper": upper, "sources": sources}
    terms = range_terms(**scope, actor=actor, action=action, reason=reason, narrowing=narrowing)
    tokens = preview_read(terms=terms, signature=token)
    outcome = BulkOutcome(uuid5(BATCHES, f"{actor.pk}:{action}:{token}"))
    request = action_check(action=action, actor=actor, reason=reason, note=note, batch=outcome.batch)
    return actions_apply(comment_ids=tokens, tokens=tokens, request=request, outcome=outcome, seconds=DECIDE_SECONDS)


def _pending(sources: Collection[int], narrowing: Narrowing) -> ReviewQuerySet:
    rows = Review.objects.filter(state=State.PENDING).in_sources(sources)
    rows = rows.filter(article__in=narrowing.articles) if narrowing.articles else rows
    return rows.filter(article__section=narrowing.section) if narrowing.section else rows


def _in_range(attribute: str, lower: float, upper: float, sources: Collection[int], narrowing: Narrowing) -> Any:
    """Returns the range's rows, unordered: score, comment id, scored revision, state version."""
    _check_range(attribute, lower, upper)
    within = _pending(sources, narrowing).filter(**{f"{attribute}__gte": lower, f"{attribute}__lte": upper})
    return within.order_by().values_list(attribute, "pk", "score__revision", "state_version")


def _shown() -> ReviewQuerySet:
    joined = Review.objects.select_related("comment__commenter", "comment__source", "article", "score__model")
    return joined.defer("article__body", "article__blocks", "article__furniture", "comment__raw", "comment__meta")


def _check_attribute(attribute: str) -> None:
    if attribute not in Score.ATTRIBUTES:
        said = _("An attribute is one of %(attributes)s.") % {"attributes": ", ".join(Score.ATTRIBUTES)}
        raise invalid("/attribute", said, code="invalid_choice")


def _check_range(attribute: str, lower: float, upper: float) -> None:
    _check_attribute(attribute)
    for pointer, value in (("/lower", lower), ("/upper", upper)):
        if not (math.isfinite(value) and 0 <= value <= 1):
            raise invalid(pointer, _("A score lies from 0 to 1."))
    if lower > upper:
        raise invalid("/lower", _("A range begins at or below its end."))


def _spread(count: int, wanted: int) -> list[int]:
    """Returns up to `wanted` of `count` indexes, evenly spaced, including the first and the last."""
    if count <= wanted:
        return list(range(count))
    return [round(at * (count - 1) / max(wanted - 1, 1)) for at in range(wanted)]

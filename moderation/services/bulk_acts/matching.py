"""All comments that match a queue's filters, previewed for one action."""

from dataclasses import dataclass

from django.db.models import F
from django.utils.translation import gettext as _

from moderation.models import ReviewQuerySet
from moderation.services.errors import invalid
from moderation.services.review.previews import PreviewTerms, preview_sign
from moderation.services.states.version import VersionToken

# Their versions are signed into the form, two bytes each.
MAX_COMMENTS = 50_000


@dataclass(frozen=True, slots=True)
class MatchPreview:
    """How many comments match, the ids of the first of them, and the signature that a confirmation needs."""

    count: int
    sample: list[int]
    signature: str


def matching_preview(*, reviews: ReviewQuerySet, terms: PreviewTerms, sample: int) -> MatchPreview:
    """Returns what an action would be done to now; writes nothing. One query.

    Raises ServiceError `validation_error` if more than MAX_COMMENTS match: nothing is cut off unsaid.
    """
    rows = reviews.order_by().values_list("pk", "comment__revision", F("state_version"))[: MAX_COMMENTS + 1]
    tokens = sorted(VersionToken(*row) for row in rows)
    if len(tokens) > MAX_COMMENTS:
        said = _("At most %(limit)d comments in one act: filter further.") % {"limit": MAX_COMMENTS}
        raise invalid("/comments", said, limit=MAX_COMMENTS)
    first = [token.comment_id for token in tokens[:sample]]
    return MatchPreview(len(tokens), first, preview_sign(terms=terms, tokens=tokens))

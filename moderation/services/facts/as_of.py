"""Completes the features of a chunk of comments with what is not stored: who wrote them, and who reported them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from archive.models import Comment
from moderation.policies import CommenterRecord, Features
from moderation.services.facts.history import History

HOUR = 3_600


@dataclass(frozen=True, slots=True)
class Subject:
    """A comment whose features are to be completed.

    Attributes:
        came_at: When the text came here, first or by its last edit: the record is as of this moment.
        created_at: When it was written, by its origin.
        published_at: When the article appeared, None if that is not known.
        language: In which it was scored, None if it was not.
        features: What is stored of the text.
    """

    comment_id: int
    source_id: int
    commenter_id: int | None
    came_at: datetime
    created_at: datetime
    published_at: datetime | None
    language: str | None
    features: Features

    @classmethod
    def of(cls, comment: Comment, *, language: str | None, features: Features) -> Self:
        """Returns a comment as a subject; its article is loaded."""
        return cls(
            comment_id=comment.pk,
            source_id=comment.source_id,
            commenter_id=comment.commenter_id,
            came_at=comment.edited_at or comment.received_at,
            created_at=comment.created_at,
            published_at=comment.article.published_at,
            language=language,
            features=features,
        )


def features_as_of(
    *, subjects: Sequence[Subject], needed: Collection[str], history: History | None = None
) -> list[Features]:
    """Returns the subjects' features, in the same order, as they were when each comment came.

    Args:
        subjects: A chunk of comments, some thousands at most.
        needed: The fields that the policy reads (`moderation.policies.judging.needs`): only these are queried for.
        history: What a run has read already; None reads anew.
    """
    history = history or History()
    asked = {(one.commenter_id, one.came_at) for one in subjects if one.commenter_id is not None}
    records = history.records(asked) if "commenter" in needed else {}
    flags = history.flags({one.comment_id: one.source_id for one in subjects}) if "flags" in needed else {}
    return [
        replace(
            one.features,
            language=one.language or None,
            article_age_hours=_age(one),
            commenter=_record(one, records) if "commenter" in needed else None,
            flags=flags.get(one.comment_id),
        )
        for one in subjects
    ]


def _age(one: Subject) -> float | None:
    """Hours from the article to the comment; 0 for a comment from before, whose article was published anew."""
    return max(0.0, (one.created_at - one.published_at).total_seconds() / HOUR) if one.published_at else None


def _record(one: Subject, records: dict[tuple[int, datetime], CommenterRecord]) -> CommenterRecord | None:
    return records[one.commenter_id, one.came_at] if one.commenter_id is not None else None

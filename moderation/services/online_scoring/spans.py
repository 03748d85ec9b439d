"""Why a comment has its scores: the spans that were kept when it was scored, else new ones."""

from moderation.models import Score
from moderation.scoring import Result, ScoringError, Span
from moderation.services.errors import ServiceError
from moderation.services.online_scoring.request_queue import request_queue_active


def comment_spans(*, comment_id: int) -> list[Span]:
    """Returns the sentences and words of a comment's present text with what they have to do with its scores.

    Kept ones are about the attributes that the comment was flagged for. If none were kept the active model is asked
    about all attributes, in the language that the score was given for, and nothing is kept. A comment without a score
    of the active model has none. Raises ServiceError, worth a retry, if the model cannot be asked at present.
    """
    scores = Score.objects.select_related("comment").filter(comment_id=comment_id, model__active=True)
    kept = scores.order_by("-revision").first()
    if kept is None or kept.revision != kept.comment.revision:
        return []
    return [Span(**span) for span in kept.spans] or _asked(kept.comment.text, kept.language)


def _asked(text: str, language: str) -> list[Span]:
    try:
        [found] = request_queue_active().submit(texts=[text], languages=[language], spans=True).result()
    except ScoringError as error:
        raise ServiceError("unavailable", "The model is not available at the moment.", retryable=True) from error
    return list(found.spans) if isinstance(found, Result) else []

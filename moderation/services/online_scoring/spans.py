"""Why a comment has its scores: the spans that were kept when it was scored, else new ones."""

from moderation.models import Score
from moderation.scoring import Result, ScoringError, Span
from moderation.services.errors import ServiceError
from moderation.services.model_versions import ModelsInUse, models_in_use
from moderation.services.online_scoring.request_queue import request_queue_active


def comment_spans(*, comment_id: int) -> list[Span]:
    """Returns the sentences and words of a comment's present text with what they have to do with its scores.

    Kept ones are about the attributes that the comment was flagged for. If none were kept the model that serves the
    language of the score is asked about all attributes, and nothing is kept. A comment without a score of that model
    has none. Raises ServiceError, worth a retry, if the model cannot be asked at present.
    """
    scores = Score.objects.select_related("comment").filter(comment_id=comment_id, model__active=True)
    found = [score for score in scores if score.revision == score.comment.revision]
    kept = max(filter(_models().counts, found), key=lambda score: score.scored_at, default=None) if found else None
    if kept is None:
        return []
    return [Span(**span) for span in kept.spans] or _asked(kept.comment.text, kept.language)


def _models() -> ModelsInUse:
    try:
        return models_in_use()
    except ScoringError as error:
        raise _unavailable() from error


def _asked(text: str, language: str) -> list[Span]:
    try:
        [found] = request_queue_active().submit(texts=[text], languages=[language], spans=True).result()
    except ScoringError as error:
        raise _unavailable() from error
    return list(found.spans) if isinstance(found, Result) else []


def _unavailable() -> ServiceError:
    return ServiceError("unavailable", "The model is not available at the moment.", retryable=True)

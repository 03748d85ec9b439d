"""comments:suggestscore: stores a bound request as feedback."""

from typing import Any

from moderation.models import ApiKey
from moderation.perspective.analyze import check_context, comment_text
from moderation.perspective.errors import invalid_request
from moderation.perspective.messages.binding import Bound
from moderation.services.errors import ServiceError
from moderation.services.intake.feedback import Suggestion, feedback_record
from moderation.services.online_scoring.perspective import languages_judge
from moderation.services.online_scoring.request_queue import request_queue_active

Json = dict[str, Any]
# Texts of a context together, in bytes of UTF-8: they are kept.
MAX_CONTEXT_BYTES = 102_400


def suggest(fields: Bound, key: ApiKey) -> Json:
    """Keeps a suggestion and returns the response.

    Raises:
        Refused: The request is not valid.
    """
    text = comment_text(fields)
    scores = _scores(fields)
    check_context(fields)
    _check_context_size(fields.get("context", {}))
    languages: list[str] = fields.get("languages") or []
    suggestion = Suggestion(
        text=text,
        scores=scores,
        languages=languages,
        community_id=fields.get("community_id", ""),
        client_token=fields.get("client_token", ""),
        session_id=fields.get("session_id", ""),
        context=fields.get("context", {}),
    )
    try:
        feedback_record(suggestion=suggestion, key=key)
    except ServiceError as error:
        raise invalid_request(error.detail) from None
    return _response(fields, text, languages)


def _check_context_size(context: Bound) -> None:
    entries = [*context.get("entries", []), *context.get("article_and_parent_comment", {}).values()]
    if sum(len(entry.get("text", "").encode()) for entry in entries) > MAX_CONTEXT_BYTES:
        raise invalid_request(f"Context too long: at most {MAX_CONTEXT_BYTES} bytes are kept.")


def _scores(fields: Bound) -> dict[str, float]:
    """Attribute → suggested value; a summary without a value is 0, which protobuf does not write."""
    suggested = fields.get("attribute_scores", {})
    if not suggested:
        raise invalid_request("Missing attribute_scores")
    for name, scores in suggested.items():
        if "summary_score" not in scores:
            raise invalid_request(f"Missing summary_score of attribute {name[:100]}")
    return {name: scores["summary_score"].get("value", 0.0) for name, scores in suggested.items()}


def _response(fields: Bound, text: str, languages: list[str]) -> Json:
    detected = languages_judge(queue=request_queue_active(), text=text, declared=languages).detected
    response: Json = {"clientToken": fields["client_token"]} if fields.get("client_token") else {}
    response["requestedLanguages"] = languages
    response["detectedLanguages"] = [detected] if detected else []
    return response

"""comments:analyze: scores a bound request and answers in Perspective's form."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from moderation.models import ApiKey
from moderation.perspective.calls import BatchContext
from moderation.perspective.errors import analyzer_error, invalid_request, language_error
from moderation.perspective.messages.attributes import attribute_meant
from moderation.perspective.messages.binding import Bound
from moderation.perspective.messages.offsets import utf16_offsets
from moderation.services.online_scoring.perspective import (
    Languages,
    PerspectiveScores,
    attributes_served,
    languages_judge,
    scores_begin,
)
from moderation.services.online_scoring.request_queue import request_queue_active

MAX_BYTES = 20_480
SERVED_TYPES = frozenset({"SCORE_TYPE_UNSPECIFIED", "PROBABILITY"})
SERVED_TEXTS = frozenset({"TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT"})
NOTHING = PerspectiveScores({}, (), "")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RequestedAttribute:
    """A requested attribute: its name as it came, the attribute that it means, the score below which it is left out."""

    name: str
    attribute: str
    threshold: float | None


def comment_text(fields: Bound) -> str:
    """The text of a request's comment.

    Raises:
        Refused: `COMMENT_EMPTY`, `COMMENT_TOO_LONG`, or `INVALID_REQUEST` for HTML.
    """
    comment = fields.get("comment", {})
    text: str = comment.get("text", "")
    if comment.get("type", "PLAIN_TEXT") not in SERVED_TEXTS:
        raise invalid_request("Currently, only 'PLAIN_TEXT' comments are supported")
    if not text.strip():
        raise analyzer_error("COMMENT_EMPTY", "Comment must be non-empty.")
    if len(text) > MAX_BYTES or len(text.encode()) > MAX_BYTES:
        raise analyzer_error("COMMENT_TOO_LONG", "Comment text too long.")
    return text


def check_context(fields: Bound) -> None:
    """Refuses a context of both kinds; its content is not read.

    Raises:
        Refused: `INVALID_REQUEST`.
    """
    context = fields.get("context", {})
    if context.get("entries") and "article_and_parent_comment" in context:
        raise invalid_request(
            "Context can have either entries or article_and_parent_comment, but both fields were populated."
        )


def analyze_begin(fields: Bound, key: ApiKey, context: BatchContext) -> Callable[[], Json]:
    """Checks a request, queues its text, and returns what waits for the response.

    Raises:
        Refused: The request is not valid, or the model does not serve it.
        ServiceError: `overloaded` if the queue has no place in time; the returned function raises it if scoring fails.
    """
    text = comment_text(fields)
    queue = context.queue or request_queue_active()
    drop = bool(fields.get("drop_unsupported_attributes")) or key.drop_unsupported
    wanted = _wanted(fields.get("requested_attributes", {}), attributes_served(queue=queue), drop=drop)
    check_context(fields)
    place = context.enter(queue, text)
    languages = languages_judge(queue=queue, text=text, declared=fields.get("languages") or [])
    if not languages.detected:
        raise analyzer_error("LANGUAGE_DETECTION_FAILED", "Unable to detect language")
    if not languages.used:
        # Never dropped: no scores would read as harmless.
        raise language_error(next(iter(fields["requested_attributes"])), languages)
    wanted = _served_in(wanted, languages, attributes_served(queue=queue, language=languages.used), drop=drop)
    if not wanted:
        return lambda: _response(fields, text, wanted, languages, NOTHING)
    sentences = bool(fields.get("span_annotations"))
    scores = scores_begin(queue=queue, text=text, language=languages.used, sentences=sentences, place=place)
    return lambda: _response(fields, text, wanted, languages, scores())


def _wanted(requested: Mapping[str, Bound], served: Container[str], *, drop: bool) -> list[RequestedAttribute]:
    if not requested:
        raise analyzer_error("NO_REQUESTED_ATTRIBUTES", "Missing requested_attributes")
    found: list[RequestedAttribute] = []
    for name, parameters in requested.items():
        attribute = attribute_meant(name)
        if attribute not in served and not drop:
            raise invalid_request(f"Unknown requested attribute: {name[:100]}")
        if attribute in served:
            _check_score_type(name, parameters)
            found.append(RequestedAttribute(name, attribute, parameters.get("score_threshold")))
    return found


def _served_in(
    wanted: list[RequestedAttribute], languages: Languages, served: Container[str], *, drop: bool
) -> list[RequestedAttribute]:
    """Those that the language's own model serves; another one's may serve more."""
    lacking = [one for one in wanted if one.attribute not in served]
    if lacking and not drop:
        raise language_error(lacking[0].name, replace(languages, unserved=(languages.used,)))
    return [one for one in wanted if one.attribute in served]


def _check_score_type(name: str, parameters: Bound) -> None:
    score_type = parameters.get("score_type", "PROBABILITY")
    if score_type not in SERVED_TYPES:
        raise invalid_request(f"Requested score type {score_type} is not supported by attribute {name}")


def _response(
    fields: Bound, text: str, wanted: Sequence[RequestedAttribute], languages: Languages, found: PerspectiveScores
) -> Json:
    spans = [(part.begin, part.end, part.scores) for part in found.sentences] or [(0, len(text), found.scores)]
    places = utf16_offsets(text, [(begin, end) for begin, end, _ in spans])
    shown = [one for one in wanted if one.threshold is None or found.scores[one.attribute] >= one.threshold]
    response: Json = {
        "attributeScores": {
            one.name: {
                "spanScores": [
                    {"begin": begin, "end": end, "score": _score(scores[one.attribute])}
                    for (begin, end), (_, _, scores) in zip(places, spans, strict=True)
                ],
                "summaryScore": _score(found.scores[one.attribute]),
            }
            for one in shown
        },
        "languages": [languages.used],
        "detectedLanguages": [languages.detected],
    }
    token = fields.get("client_token")
    return {**response, "clientToken": token} if token else response


def _score(value: float) -> Json:
    return {"value": value, "type": "PROBABILITY"}

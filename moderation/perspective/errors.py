"""Google's error envelope, and every error that the Perspective API is known to give, word for word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from moderation.services.accounts.rate_limits import Allowance
from moderation.services.online_scoring.perspective import Languages

SERVICE = "commentanalyzer.googleapis.com"
TYPES = "type.googleapis.com/"
PACKAGE = "google.commentanalyzer.v1alpha1"
STATUSES = {
    400: "INVALID_ARGUMENT",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    413: "INVALID_ARGUMENT",
    415: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
NO_KEY = (
    "Method doesn't allow unregistered callers (callers without established identity). "
    "Please use API Key or other form of API consumer identity to call this API."
)
MAX_VIOLATIONS = 100
RETRY_SECONDS = 1

Json = dict[str, Any]


@dataclass(eq=False)
class Refused(Exception):  # noqa: N818 - it is the reply, not a fault of ours
    """A request that is answered with an error. `message` and `details` may quote it, so they are never logged."""

    code: int
    message: str
    details: Sequence[Json] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return STATUSES[self.code]

    def body(self) -> Json:
        """The envelope."""
        error: Json = {"code": self.code, "message": self.message, "status": STATUSES[self.code]}
        return {"error": {**error, "details": list(self.details)} if self.details else error}


@dataclass(frozen=True, slots=True)
class Violation:
    """One fault of the payload; `field` is a path in proto names, empty for the payload itself."""

    field: str
    description: str

    def as_json(self) -> Json:
        """As `google.rpc.BadRequest` lists it."""
        shown = {"field": self.field} if self.field else {}
        return {**shown, "description": self.description}


def violations_error(violations: Sequence[Violation]) -> Refused:
    """The refusal of a payload whose fields are wrong; at most a hundred are listed."""
    listed = violations[:MAX_VIOLATIONS]
    detail = {"@type": f"{TYPES}google.rpc.BadRequest", "fieldViolations": [fault.as_json() for fault in listed]}
    return Refused(400, "\n".join(fault.description for fault in listed), [detail])


def payload_error(message: str) -> Refused:
    """The refusal of a body that cannot be read."""
    return Refused(400, f"Invalid JSON payload received. {message}")


def analyzer_error(error_type: str, message: str, extra: Mapping[str, Any] | None = None) -> Refused:
    """An error of the analyzer itself, with its `errorType`."""
    detail = {"@type": f"{TYPES}{PACKAGE}.Error", "errorType": error_type, **(extra or {})}
    return Refused(400, message, [detail])


def invalid_request(message: str) -> Refused:
    """The analyzer's error for what is well formed and cannot be done."""
    return analyzer_error("INVALID_REQUEST", message)


def language_error(attribute: str, languages: Languages) -> Refused:
    """An attribute that no active model serves in these languages; clients leave it out and try again.

    `requestedLanguages` has what was requested, and is not there if nothing was.
    """
    requested = {"requestedLanguages": list(languages.declared)} if languages.declared else {}
    extra = {"detectedLanguages": [languages.detected], **requested, "attribute": attribute}
    return analyzer_error(
        "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        f"Attribute {attribute} does not support request languages: {', '.join(languages.unserved)}",
        {"languageNotSupportedByAttributeError": extra},
    )


def _error_info(reason: str, metadata: Mapping[str, str] | None = None) -> Json:
    known = {"service": SERVICE, **(metadata or {})}
    return {"@type": f"{TYPES}google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com", "metadata": known}


def bad_key() -> Refused:
    """A key that is unknown, expired or revoked."""
    return Refused(400, "API key not valid. Please pass a valid API key.", [_error_info("API_KEY_INVALID")])


def no_key() -> Refused:
    """A request without any key."""
    return Refused(403, NO_KEY)


def blocked_key(method: str) -> Refused:
    """A valid key that lacks the scope `analyze`."""
    name = f"{PACKAGE}.CommentAnalyzerService.{method}"
    message = f"Requests to this API {SERVICE} method {name} are blocked."
    return Refused(403, message, [_error_info("API_KEY_SERVICE_BLOCKED", {"methodName": name})])


def over_quota(method: str, allowance: Allowance) -> Refused:
    """A key that has used up its requests of this minute."""
    metric = f"Analysis requests ({method})"
    limits = f"quota metric '{metric}' and limit '{metric} per minute'"
    message = f"Quota exceeded for {limits} of service '{SERVICE}' for this key."
    metadata = {"quota_limit": "AnalysisRequestsPerMinutePerKey", "quota_limit_value": str(allowance.limit)}
    headers = {"Retry-After": str(max(1, allowance.retry_after))}
    return Refused(429, message, [_error_info("RATE_LIMIT_EXCEEDED", metadata)], headers)


def overloaded() -> Refused:
    """Too much is waiting to be scored: trying again helps. Google's words for its own want of room."""
    message = "Resource has been exhausted (e.g. check quota)."
    return Refused(429, message, headers={"Retry-After": str(RETRY_SECONDS)})


def unavailable() -> Refused:
    """The database or the model is away: trying again may help."""
    return Refused(503, "The service is currently unavailable.", headers={"Retry-After": str(RETRY_SECONDS)})


def internal() -> Refused:
    """A fault on our side; the log has its type and place, not its message."""
    return Refused(500, "Internal error encountered.")


def not_found() -> Refused:
    """No such method, or not with this HTTP method."""
    return Refused(404, "Method not found.")


def unsupported_encoding() -> Refused:
    """A body in an encoding that is not unpacked here."""
    return Refused(415, "A call is sent as it is, or with Content-Encoding: gzip; a batch as it is.")


def too_large(limit: int, code: int = 400) -> Refused:
    """A body beyond the server's limit: 400 for a call, as Google has it, 413 for a batch."""
    return Refused(code, f"Request payload size exceeds the limit: {limit} bytes.")

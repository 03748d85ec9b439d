"""What a service refuses, in one type that every edge translates: problem details, an admin message, CommandError."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault of the input. `pointer` is a JSON pointer into it (`/comments/3/text`), `limit` the bound it broke."""

    pointer: str
    code: str
    detail: str
    limit: int | None = None


@dataclass
class ServiceError(Exception):
    """A refusal with a machine `code`; nothing was written. Calling again helps only where `retryable`."""

    code: str
    detail: str
    errors: tuple[FieldError, ...] = field(default=())
    retryable: bool = False

    def __str__(self) -> str:
        return self.detail


def invalid(pointer: str, detail: str, *, code: str = "invalid", limit: int | None = None) -> ServiceError:
    """Returns the refusal of one field."""
    return ServiceError("validation_error", detail, (FieldError(pointer, code, detail, limit),))


def denied(detail: str, pointer: str = "") -> ServiceError:
    """Returns the refusal of what a person may not do; `pointer` names the field that asked for too much."""
    errors = (FieldError(pointer, "permission_denied", detail),) if pointer else ()
    return ServiceError("permission_denied", detail, errors)


def not_found(detail: str) -> ServiceError:
    """Returns the refusal of an act on what is not there, or not there for the person who asks."""
    return ServiceError("not_found", detail)


def conflict(detail: str) -> ServiceError:
    """Returns the refusal of an act that the present state does not allow."""
    return ServiceError("conflict", detail)


def precondition_failed(detail: str) -> ServiceError:
    """Returns the refusal of an act on something that has changed since it was seen."""
    return ServiceError("precondition_failed", detail)

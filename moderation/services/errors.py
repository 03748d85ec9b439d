"""The error type of all services; each edge translates it: problem details, an admin message, CommandError."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FieldError:
    """One invalid part of the input: a JSON pointer to it (`/comments/3/text`) and the limit it exceeds, if any."""

    pointer: str
    code: str
    detail: str
    limit: int | None = None


@dataclass
class ServiceError(Exception):
    """A refused call, with a machine-readable `code`; nothing was written. Retrying helps only if `retryable`."""

    code: str
    detail: str
    errors: tuple[FieldError, ...] = field(default=())
    retryable: bool = False

    def __str__(self) -> str:
        return self.detail


def invalid(pointer: str, detail: str, *, code: str = "invalid", limit: int | None = None) -> ServiceError:
    """Returns a validation error for one field."""
    return ServiceError("validation_error", detail, (FieldError(pointer, code, detail, limit),))


def denied(detail: str, pointer: str = "") -> ServiceError:
    """Returns the error for an action the caller may not take; `pointer` names the field that exceeds their rights."""
    errors = (FieldError(pointer, "permission_denied", detail),) if pointer else ()
    return ServiceError("permission_denied", detail, errors)


def not_found(detail: str) -> ServiceError:
    """Returns the error for an object that does not exist, or that the caller may not see."""
    return ServiceError("not_found", detail)


def conflict(detail: str) -> ServiceError:
    """Returns the error for an action that the current state does not allow."""
    return ServiceError("conflict", detail)


def precondition_failed(detail: str) -> ServiceError:
    """Returns the error for an action on something that has changed since the caller read it."""
    return ServiceError("precondition_failed", detail)

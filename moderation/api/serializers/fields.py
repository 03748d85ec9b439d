"""Strict input fields: a value is accepted as sent or refused, with the limit it exceeds."""

import json
from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxLengthValidator, RegexValidator
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from archive.models import Source
from archive.models.source import validate_timezone
from moderation.api.responses.refusals import MAX_ERRORS, NAME_SHOWN, LimitedCode
from moderation.policies.documents.files import MAX_FILE_BYTES

LANGUAGE = RegexValidator(r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$", "A language is a code such as en or pt-BR.")


def max_length(limit: int) -> MaxLengthValidator:
    """Returns a maximum-length validator whose error carries the limit."""
    validator = MaxLengthValidator(limit)
    validator.code = LimitedCode("max_length", limit)
    return validator


class StrictSerializer(serializers.Serializer[Any]):
    """An object that refuses unknown fields: a misspelt field must not be dropped silently."""

    def to_internal_value(self, data: Any) -> Any:
        """Returns the validated fields; raises ValidationError for both unknown and invalid ones."""
        unknown = self._unknown(data)
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({**dict(error.detail), **unknown}) from error  # type: ignore[arg-type]
        if unknown:
            raise serializers.ValidationError(unknown)
        return value

    def _unknown(self, data: Any) -> dict[str, list[ErrorDetail]]:
        names = (name for name in data if name not in self.fields) if isinstance(data, Mapping) else ()
        # One more than are listed, so that the summary can say that there are more.
        shown = islice(names, MAX_ERRORS + 1)
        return {name: [ErrorDetail("There is no such field.", code="unknown_field")] for name in shown}


class OneOrMany(serializers.Serializer[Any]):
    """One object or a list of them, for the schema only; `one` is the object's serializer."""

    one: ClassVar[type[serializers.Serializer[Any]]]


class TextField(serializers.CharField):
    """A string of at most `limit` characters, kept as it is; numbers and booleans are not converted."""

    def __init__(self, limit: int | None = None, **options: Any) -> None:
        validators = [*options.pop("validators", []), *([max_length(limit)] if limit else [])]
        super().__init__(trim_whitespace=False, **options)
        self.validators.extend(validators)

    def to_internal_value(self, data: Any) -> str:
        """Returns the string; raises ValidationError for another type."""
        if not isinstance(data, str):
            self.fail("invalid")
        return data

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Returns the string; white space alone counts as blank."""
        if isinstance(data, str) and not data.strip() and not self.allow_blank:
            self.fail("blank")
        return super().run_validation(data)


class BoundedText(TextField):
    """A text to score, limited to MODERATION_MAX_TEXT_BYTES of UTF-8, because memory and storage count bytes."""

    def to_internal_value(self, data: Any) -> str:
        """Returns the text; raises ValidationError if it is over the limit."""
        text = super().to_internal_value(data)
        limit = settings.MODERATION_MAX_TEXT_BYTES
        if len(text.encode("utf-8", "surrogatepass")) > limit:
            code = LimitedCode("max_bytes", limit)
            raise serializers.ValidationError(f"The text is over {limit:,} bytes of UTF-8.", code=code)
        return text


class BoundedList(serializers.ListField):
    """A list of at most `limit` items; a longer one is refused before any item is validated."""

    def __init__(self, limit: int, **options: Any) -> None:
        self.limit = limit
        least: dict[str, Any] = {} if options.get("allow_empty", True) else {"min_length": 1}
        super().__init__(validators=[max_length(limit)], **least, **options)

    def to_internal_value(self, data: Any) -> list[Any]:
        """Returns the validated items; raises ValidationError."""
        if isinstance(data, list) and len(data) > self.limit:
            code = LimitedCode("max_length", self.limit)
            raise serializers.ValidationError(f"A list holds at most {self.limit} items here.", code=code)
        return super().to_internal_value(data)


class OneOf(serializers.ChoiceField):
    """One of a fixed set of strings. The error quotes at most the beginning of an invalid value."""

    def to_internal_value(self, data: Any) -> Any:
        """Returns the choice; raises ValidationError."""
        if not isinstance(data, str) or len(data) > NAME_SHOWN:
            self.fail("invalid_choice", input=data[:NAME_SHOWN] if isinstance(data, str) else type(data).__name__)
        return super().to_internal_value(data)


class LanguageField(TextField):
    """A language code; the model decides which ones it supports."""

    def __init__(self, **options: Any) -> None:
        super().__init__(16, validators=[LANGUAGE], **options)


class TimeZoneField(TextField):
    """An IANA time zone name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(Source._meta.get_field("timezone").max_length, validators=[validate_timezone], **options)


class AwareDateTimeField(serializers.DateTimeField):
    """An ISO 8601 time with an offset: a time without one would be ambiguous."""

    default_error_messages = {"naive": "The time needs an offset, such as 2024-05-01T10:00:00Z."}

    def to_internal_value(self, value: Any) -> datetime:
        """Returns the aware time; raises ValidationError for an invalid one."""
        if not isinstance(value, str) or len(value) > NAME_SHOWN:
            self.fail("invalid", format="2024-05-01T10:00:00Z")
        return super().to_internal_value(value)

    def enforce_timezone(self, value: datetime) -> datetime:
        """Returns the time in UTC; raises ValidationError if it has no offset."""
        if value.tzinfo is None:
            self.fail("naive")
        return super().enforce_timezone(value)


@extend_schema_field({"type": "boolean"})
class StrictBoolean(serializers.BooleanField):
    """true or false; nothing is converted."""

    def to_internal_value(self, data: Any) -> bool:
        """Returns the boolean; raises ValidationError for another type."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


@extend_schema_field({"type": "object"})
class PolicyField(serializers.JSONField):
    """A policy's JSON, at most as long as a file of one may be; its service looks at what is in it."""

    default_error_messages = {"max_length": f"A policy has at most {MAX_FILE_BYTES:,} bytes."}

    def to_internal_value(self, data: Any) -> Any:
        """Returns the value as it came; raises ValidationError for one that is too long."""
        value = super().to_internal_value(data)
        if len(json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass")) > MAX_FILE_BYTES:
            self.fail("max_length")
        return value

"""A newsroom, site or export that articles and comments come from."""

import zoneinfo
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models


def validate_timezone(name: str) -> None:
    """Raises ValidationError if `name` is not an IANA time zone."""
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, zoneinfo.ZoneInfoNotFoundError, OSError) as error:
        raise ValidationError(f"{name} is not a time zone of the IANA database.") from error


class Source(models.Model):
    """Where articles come from. `default_language` is used if a text is too short for language detection."""

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    default_language = models.CharField(max_length=16, blank=True, default="")
    timezone = models.CharField(max_length=64, default="UTC", validators=[validate_timezone])

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[Any, ...]:
        """Returns the slug, by which other systems identify a source."""
        return (self.slug,)

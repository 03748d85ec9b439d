"""A newsroom, site or export that articles and comments come from."""

import zoneinfo
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models


def validate_timezone(name: str) -> None:
    """Raises ValidationError where `name` is no IANA time zone."""
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, zoneinfo.ZoneInfoNotFoundError, OSError) as error:
        raise ValidationError(f"{name} is not a time zone of the IANA database.") from error


class Source(models.Model):
    """Where articles come from. `default_language` is taken where a text is too short to tell its own."""

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    default_language = models.CharField(max_length=16, blank=True, default="")
    timezone = models.CharField(max_length=64, default="UTC", validators=[validate_timezone])

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[Any, ...]:
        """Returns the slug: what other systems know a source by."""
        return (self.slug,)

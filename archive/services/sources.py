"""Sources: found by the slug of their name, or created."""

from anyascii import anyascii
from django.utils.text import slugify

from archive.models import Source
from archive.services.records.validation import FieldProblem, RecordsRefusedError

_MAX_SLUG = Source._meta.get_field("slug").max_length or 100
_MAX_NAME = Source._meta.get_field("name").max_length or 200


def source_slug(name: str) -> str:
    """Returns the slug for a source name: transliterates any script to ASCII, turns dots into hyphens."""
    return slugify(anyascii(name).replace(".", "-"))[:_MAX_SLUG].strip("-")


def source_get_or_create(*, name: str, slug: str = "", default_language: str = "", timezone: str = "UTC") -> Source:
    """Returns the source with `slug`, or the slug of `name`; an existing one keeps its language and time zone.

    Raises:
        RecordsRefusedError: no slug can be made from the name.
    """
    slug = slug or source_slug(name)
    if not slug:
        problem = FieldProblem("source", "blank", "a source needs a name with a letter or a digit in it", _MAX_NAME)
        raise RecordsRefusedError({0: (problem,)})
    defaults = {"name": name.strip()[:_MAX_NAME], "default_language": default_language, "timezone": timezone}
    return Source.objects.get_or_create(slug=slug, defaults=defaults)[0]

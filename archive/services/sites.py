"""Finds the source a site's export belongs to: by its base address, or one that an earlier version created."""

from collections.abc import Sequence

from archive.importers.records import ArticleRecord
from archive.models import Source
from archive.services.addresses import held_under
from archive.services.sources import source_get_or_create, source_slug


def site_source(site: str, articles: Sequence[ArticleRecord]) -> Source:
    """Returns the source of a site, which is a host or a host with a path (`news.example/sport`).

    Until 0.1.0 a source was named after the host alone, so the blogs of a multisite shared it. Such a source is still
    used if it holds one of `articles` under the same id and address, so that repeating the import continues it.
    """
    host, _, path = site.partition("/")
    own = source_slug(site.replace("/", " "))
    if path and not Source.objects.filter(slug=own).exists():
        before = Source.objects.filter(slug=source_slug(host)).first()
        if before and held_under(before, articles):
            return before
    return source_get_or_create(name=site, slug=own)

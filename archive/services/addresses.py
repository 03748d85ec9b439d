"""Page addresses: which of them lead to the same page, and which articles share an id but not a page.

All within one source. `AddressBook` holds the pages that an import has met.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from archive.database.lookups import BulkLookup
from archive.importers.placeholders import is_no_id
from archive.importers.records import ArticleRecord
from archive.models import Article, Source
from archive.services.records.identity import same_time
from archive.services.records.validation import time_aware
from archive.text import text_digest

_MAX_KEY = Article._meta.get_field("external_id").max_length or 255
_WEB = ("https://", "http://")
_PORTS = {"http": 80, "https": 443}
# Query parameters that tell a site where its readers come from.
_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|_ga|_gl|cmpid|ref_src|ref_url|s_cid|wt_mc|at_medium"
    r"|at_campaign",
    re.IGNORECASE,
)


def page_address(url: str) -> str:
    """Returns the normalised address of a page: without scheme, `www.`, tracking, fragment and trailing slash.

    Empty if `url` is not a web address.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in _PORTS or not parts.hostname:
        return ""
    host = parts.hostname.removeprefix("www.") + (f":{port}" if port and port not in _PORTS.values() else "")
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(pair[0])]
    path = parts.path.rstrip("/")
    return f"{host}{path}{'?' + urlencode(sorted(query)) if query else ''}"


def address_forms(url: str) -> list[str]:
    """Returns the address, and the ways in which the same page's address may be stored: at most nine."""
    page = page_address(url)
    host, _, rest = page.partition("/")
    path, question, query = rest.partition("?")
    ends = (f"/{path}{question}{query}", f"/{path}/{question}{query}") if path else ("", "/")
    forms = (
        [f"{scheme}{prefix}{host}{end}" for scheme in _WEB for prefix in ("", "www.") for end in ends] if page else []
    )
    return list(dict.fromkeys([url, *forms]))


class KnownArticle(NamedTuple):
    """What distinguishes an article from another one with the same id."""

    url: str
    title: str
    published_at: datetime | None


def is_another(stored: KnownArticle, said: ArticleRecord, zone: str) -> bool:
    """Says whether a record describes a different article than the stored one with its id.

    A headline, an address or a date may change; if two of them differ, it is another article. One is enough if the id
    is a placeholder, or if the address leads out of the blog that the record's export is of.
    """
    pages = [page_address(url) for url in (stored.url, said.url)]
    moved = all(pages) and pages[0] != pages[1]
    titled = bool(stored.title and said.title and not said.title_derived and stored.title != said.title)
    dated = bool(
        stored.published_at and said.published_at and not same_time(stored.published_at, said.published_at, zone)
    )
    least = 1 if is_no_id(said.external_id) or (moved and _is_elsewhere(pages[0], said.base)) else 2
    return (moved or not all(pages)) and moved + titled + dated >= least


def _is_elsewhere(page: str, base: str) -> bool:
    """Says whether a page belongs to another blog of the same host; another host may be the same blog, moved."""
    own = page_address(f"https://{base}")
    is_below = page == own or page.startswith((f"{own}/", f"{own}?"))
    return page.partition("/")[0] == own.partition("/")[0] and not is_below


def articles_told_apart(source: Source, records: Sequence[ArticleRecord]) -> list[ArticleRecord | None]:
    """Returns the records; one whose id belongs to another article of the source gets its address as its id.

    None for a record that cannot be told apart because it has no address. Records that are one object stay one.
    """
    telling = {record.external_id for record in records if _tells(record)}
    if not telling:
        return list(records)
    known = _known(source, telling)
    made: dict[int, ArticleRecord | None] = {}
    for record in records:
        if id(record) not in made:
            made[id(record)] = _told_apart(known, record, source.timezone)
    return [made[id(record)] for record in records]


def _tells(record: ArticleRecord) -> bool:
    """Says whether a record tells enough to distinguish its article from another one with its id."""
    return bool(record.url or (record.title and (record.published_at or is_no_id(record.external_id))))


def _known(source: Source, keys: Iterable[str]) -> dict[str, KnownArticle]:
    rows = Article.objects.filter(BulkLookup(Article, source, keys)).order_by()
    names = ("external_id", "url", "title", "published_at", "title_derived")
    return {
        key: KnownArticle(url, "" if derived else title, at)
        for key, url, title, at, derived in rows.values_list(*names)
    }


def _told_apart(known: dict[str, KnownArticle], record: ArticleRecord, zone: str) -> ArticleRecord | None:
    stored = known.get(record.external_id)
    if stored is None:
        known[record.external_id] = _as_known(record, zone)
    elif is_another(stored, record, zone):
        return replace(record, external_id=address_key(record.url)) if record.url.startswith(_WEB) else None
    return record


def _as_known(record: ArticleRecord, zone: str) -> KnownArticle:
    at = time_aware(record.published_at, zone) if record.published_at else None
    return KnownArticle(record.url, "" if record.title_derived else record.title, at)


def address_key(url: str) -> str:
    """Returns the id of an article that is identified by its address alone."""
    return url if len(url) <= _MAX_KEY else text_digest(url)


def held_under(source: Source, records: Iterable[ArticleRecord]) -> bool:
    """Says whether a source has one of these articles, with the same id and page."""
    pages = {record.external_id: page_address(record.url) for record in records if record.url}
    known = _known(source, pages)
    return any(pages[key] and page_address(article.url) == pages[key] for key, article in known.items())


class AddressBook:
    """The pages of one source by normalised address, each with the id and the address it was first met under."""

    def __init__(self, source: Source) -> None:
        rows = Article.objects.filter(source=source).exclude(url="").order_by("pk").values_list("external_id", "url")
        self._pages: dict[str, tuple[str, str]] = {}
        for key, url in rows.iterator():
            self._pages.setdefault(page_address(url), (key, url))
        self._told: set[str] = set()

    def first_met(self, record: ArticleRecord) -> tuple[str, str] | None:
        """Returns id and address of the same page if it was first met under another id, else None."""
        page = page_address(record.url)
        if not page:
            return None
        met = self._pages.setdefault(page, (record.external_id, record.url))
        return met if met[0] not in {record.external_id, address_key(record.url)} else None

    def is_first_time(self, record: ArticleRecord) -> bool:
        """Says whether this is the first call for a record with its id."""
        known = record.external_id in self._told
        self._told.add(record.external_id)
        return not known


def joined(record: ArticleRecord, key: str) -> ArticleRecord:
    """Returns the record under the id of the page that it leads to, without the fields that could contradict that."""
    return replace(record, external_id=key, url="", published_at=None, title_derived=True)

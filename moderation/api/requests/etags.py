"""A comment's version token in HTTP: the ETag of a comment, and the requests that are conditional on it."""

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from django.utils.http import parse_etags
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from archive.models import Comment
from moderation.services.errors import precondition_failed
from moderation.services.states.version import VersionToken

IF_MATCH = OpenApiParameter(
    "If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, description="The comment's ETag: a stale one is a 412."
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, description="ETags: if one is the present one, a 304."
)
DIGITS = 8
_TAG = re.compile(r'"([0-9.]{1,60})(?:-[0-9a-f]{1,64})?"')


def comment_etag(comment: Comment, shown: Mapping[str, Any]) -> str:
    """Returns the tag of a comment as it is `shown`: its version, and a digest of all that may change without one."""
    digest = sha256(json.dumps(shown, sort_keys=True, default=str).encode()).hexdigest()[:DIGITS]
    return f'"{VersionToken.of(comment)}-{digest}"'


def if_match_parse(header: str | None) -> VersionToken | None:
    """Returns the version in an If-Match header, None for no header and for `*`.

    The version alone counts: new scores of the same text in the same state stop nobody. Raises ServiceError for a tag
    that is not one of ours: it matches nothing, so the condition fails.
    """
    if header is None or header.strip() == "*":
        return None
    found = _TAG.fullmatch(header.strip())
    token = VersionToken.parse(found[1]) if found else None
    if token is None:
        raise precondition_failed("If-Match must be one ETag of the comment.")
    return token


def is_known(header: str | None, etag: str) -> bool:
    """Says whether an If-None-Match header names the present tag: then the caller has the answer already."""
    tags = parse_etags(header) if header else []
    return tags == ["*"] or etag in {tag.removeprefix("W/") for tag in tags}

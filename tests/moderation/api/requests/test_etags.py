"""The ETag of a comment and the If-Match of a decision: two ends of one version token."""

from __future__ import annotations

import pytest

from moderation.api.requests.etags import if_match_parse
from moderation.services.errors import ServiceError
from moderation.services.states.version import VersionToken


def test_an_etag_names_a_version() -> None:
    assert if_match_parse(' "7.2.10" ') == if_match_parse('"7.2.10-0a1b2c3d"') == VersionToken(7, 2, 10)


@pytest.mark.parametrize(
    "header",
    ["", '"', '""', "1.1.1", 'W/"1.1.1"', '"1.1"', '"1.1.1", "1.1.2"', '"1.1.1-a", "1.1.2-b"', '"1.1.1-"', "**"],
)
def test_an_if_match_that_is_no_tag_of_ours_fails(header: str) -> None:
    with pytest.raises(ServiceError) as caught:
        if_match_parse(header)
    assert caught.value.code == "precondition_failed"


@pytest.mark.parametrize("header", [None, "*", " * "])
def test_no_condition_is_no_version(header: str | None) -> None:
    assert if_match_parse(header) is None

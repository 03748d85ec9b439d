"""E-mail and IP addresses: dropped wherever they stand as data, unless a setting keeps them."""

from dataclasses import replace

import pytest
from pytest_django import Settings

from archive.importers.records import ArticleRecord, CommentRecord
from archive.services.records.personal_data import is_address, personal_dropped

RECORD = CommentRecord(
    external_id="c1",
    article=ArticleRecord(external_id="a1"),
    raw="Write to ann@harbor.example from 192.0.2.7!",
    commenter_name="Ann",
    email="ann@harbor.example",
    ip="192.0.2.7",
    meta={
        "votes": 3,
        "author_email": "ann@harbor.example",
        "comment_author_IP": "192.0.2.7",
        "remoteAddr": "unknown",
        "who": {"e-mail": "x", "zip": "1234", "seen": ["192.0.2.7", "2001:db8::1", "at the quay"]},
        "contact": "ann@harbor.example",
        "version": "1.2.3",
    },
)


def test_addresses_are_dropped_and_everything_else_stays() -> None:
    kept = personal_dropped(RECORD)
    assert (kept.email, kept.ip, kept.commenter_name) == ("", "", "Ann")
    assert kept.meta == {"votes": 3, "who": {"zip": "1234", "seen": ["at the quay"]}, "version": "1.2.3"}
    assert kept.raw == RECORD.raw


@pytest.mark.parametrize("address", ["ann@harbor.example", "192.0.2.7", "2001:db8::1"])
def test_a_writer_who_is_only_known_by_an_address_is_nobody(address: str) -> None:
    kept = personal_dropped(replace(RECORD, commenter_name=address, commenter_external_id=address))
    assert (kept.commenter_name, kept.commenter_external_id) == ("", "")


def test_a_setting_keeps_them(settings: Settings) -> None:
    settings.MODERATO_KEEP_PERSONAL_DATA = True
    kept = personal_dropped(RECORD)
    assert kept.meta == {**RECORD.meta, "email": "ann@harbor.example", "ip": "192.0.2.7"}


@pytest.mark.parametrize("value", ["Ann", "@ann", "ann@", "a b@c.d", "12:30", "3.14", "::", "v1.2.3", "Dr. Ann", ""])
def test_what_only_looks_like_an_address_is_none(value: str) -> None:
    assert is_address(value) is (value == "::")

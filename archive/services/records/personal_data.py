"""Drops e-mail and IP addresses before any write, unless a setting keeps them. Pure."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings

from archive.importers.records import CommentRecord

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
# Matches a key whose words are joined by _ (author_email, comment_author_IP, remoteAddr) by its last words.
_KEY = re.compile(r"(?:.*_)?(?:e_?mail|mail|ip|ip_?v?[46]|(?:ip|e?_?mail|remote)_?addr(?:ess)?|remote_host|ip_hash)")
_PARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|\W+")
_MAX_IP = 45


def personal_dropped(record: CommentRecord) -> CommentRecord:
    """Returns the record without e-mail and IP addresses; with `MODERATO_KEEP_PERSONAL_DATA`, moves them into its meta.

    A commenter's id or name that is such an address is cleared. Addresses inside a comment's text stay.
    """
    if settings.MODERATO_KEEP_PERSONAL_DATA:
        told = {key: value for key, value in (("email", record.email), ("ip", record.ip)) if value}
        return replace(record, meta={**record.meta, **told}) if told else record
    names = (record.commenter_external_id, record.commenter_name)
    if not record.meta and not any(map(is_address, names)):
        # The record's `email` and `ip` have no column, so they need no clearing.
        return record
    return replace(
        record,
        email="",
        ip="",
        commenter_external_id="" if is_address(record.commenter_external_id) else record.commenter_external_id,
        commenter_name="" if is_address(record.commenter_name) else record.commenter_name,
        meta=_cleaned(record.meta) if record.meta else {},
    )


def is_address(value: str) -> bool:
    """Says whether the whole of `value` is an e-mail or IP address."""
    value = value.strip()
    if "@" in value:
        return _EMAIL.fullmatch(value) is not None
    return len(value) <= _MAX_IP and ("." in value or ":" in value) and _is_ip(value)


def _is_ip(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _cleaned(value: Any) -> Any:
    """Returns JSON without keys that name an address and strings that are one."""
    if isinstance(value, Mapping):
        kept = {key: item for key, item in value.items() if not _names_address(key) and not _is_personal(item)}
        return {key: _cleaned(item) for key, item in kept.items()}
    if isinstance(value, list):
        return [_cleaned(item) for item in value if not _is_personal(item)]
    return value


def _names_address(key: str) -> bool:
    return _KEY.fullmatch(_PARTS.sub("_", key).lower()) is not None


def _is_personal(item: Any) -> bool:
    return isinstance(item, str) and is_address(item)

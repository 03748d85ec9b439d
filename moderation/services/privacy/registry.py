"""The registry of personal data: every column that can hold words says whose they are and what becomes of them.

A test fails for a column of any installed app that is not declared here, and another fills all of a reader's columns
and erases the reader. `docs/reference/personal-data.md` is the same for people.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

HOLDS_WORDS = (
    *(models.CharField, models.TextField, models.JSONField, models.BinaryField, models.GenericIPAddressField),
    *(models.FileField, ArrayField),
)


class Whose(StrEnum):
    """Whose data a column holds."""

    READER = "a reader's"
    STAFF = "a colleague's"


class Fate(StrEnum):
    """What becomes of a column's value."""

    EMPTIED = "emptied when its reader or comment is erased"
    DELETED = "its row is deleted when its reader or comment is erased"
    REPLACED = "replaced by a random id when its reader is erased"
    TOMBSTONE = "kept: the site's id of a comment, by which a later import knows that it was erased"
    MEANINGLESS = "kept, and says nothing once the key of the seal is gone"
    PASSES = "emptied within minutes, when the act that it belongs to is through"
    EXPIRES = "deleted or emptied by `retention`"
    ACCOUNT = "kept while decisions name the account, which is deactivated and can be renamed"


@dataclass(frozen=True, slots=True)
class Personal:
    """A personal column: whose data, and what becomes of it."""

    whose: Whose
    fate: Fate


def _readers(fate: Fate, *fields: str) -> dict[str, Personal]:
    return dict.fromkeys(fields, Personal(Whose.READER, fate))


def _staff(fate: Fate, *fields: str) -> dict[str, Personal]:
    return dict.fromkeys(fields, Personal(Whose.STAFF, fate))


_VISIT = ("username", "ip_address", "user_agent", "http_accept", "path_info")

PERSONAL: dict[str, dict[str, Personal]] = {
    "archive.Comment": {
        **_readers(Fate.EMPTIED, "raw", "text", "text_hash", "seal_key", "meta"),
        **_readers(Fate.TOMBSTONE, "external_id", "parent_external_id"),
    },
    "archive.CommentRevision": _readers(Fate.DELETED, "raw", "text"),
    "archive.Commenter": {**_readers(Fate.EMPTIED, "name"), **_readers(Fate.REPLACED, "external_id")},
    "moderation.Decision": _readers(Fate.MEANINGLESS, "text_seal"),
    "moderation.DecisionNote": _readers(Fate.DELETED, "text"),
    "moderation.Appeal": _readers(Fate.EMPTIED, "text", "appellant", "callback_url", "answer"),
    "moderation.Delivery": _readers(Fate.DELETED, "url"),
    "moderation.HandOver": _readers(Fate.DELETED, "note"),
    "moderation.Standing": _readers(Fate.EMPTIED, "note"),
    "moderation.TeamNote": _readers(Fate.DELETED, "text"),
    "moderation.ReaderFlag": _readers(Fate.REPLACED, "reporter"),
    "moderation.Feedback": _readers(
        Fate.DELETED, "text", "context", "client_token", "session_id", "scores", "community_id"
    ),
    "moderation.Score": _readers(Fate.DELETED, "text_hash", "spans", "extra", "language"),
    "moderation.Review": _readers(Fate.EMPTIED, "facts", "near_hash", "verdict", "replaced"),
    "moderation.Claim": _readers(Fate.DELETED, "error"),
    # A row about a reader or a comment may have quoted it; all other rows are about the newsroom's own.
    "admin.LogEntry": {
        **_readers(Fate.EMPTIED, "object_repr", "change_message"),
        **_staff(Fate.EXPIRES, "object_id"),
    },
    "auth.User": _staff(Fate.ACCOUNT, "username", "first_name", "last_name", "email", "password"),
    "sessions.Session": _staff(Fate.EXPIRES, "session_key", "session_data"),
    "axes.AccessAttempt": _staff(Fate.EXPIRES, *_VISIT, "get_data", "post_data"),
    "axes.AccessFailureLog": _staff(Fate.EXPIRES, *_VISIT),
    "axes.AccessLog": _staff(Fate.EXPIRES, *_VISIT, "session_hash"),
    "otp_totp.TOTPDevice": _staff(Fate.ACCOUNT, "name", "key"),
    "moderation.RecoveryCode": _staff(Fate.ACCOUNT, "digest"),
    "moderation.Moderator": _staff(Fate.ACCOUNT, "desk"),
    "moderation.BulkAct": _staff(Fate.PASSES, "note"),
    "moderation.SavedView": _staff(Fate.ACCOUNT, "name", "query", "chosen"),
    "moderation.WordListEntry": _staff(Fate.ACCOUNT, "who"),
}

# Codes, names of the newsroom's own, what it published, and notes on its own work.
NOT_PERSONAL: dict[str, tuple[str, ...]] = {
    "auth.Permission": ("name", "codename"),
    "auth.Group": ("name",),
    "contenttypes.ContentType": ("app_label", "model"),
    "archive.Source": ("slug", "name", "default_language", "timezone"),
    "archive.Article": (
        *("external_id", "url", "title", "section", "summary", "byline", "dateline", "body", "blocks", "furniture"),
        "language",
    ),
    "archive.Comment": ("text_format", "language", "origin_state"),
    "moderation.ApiKey": (
        *("digest", "token_key", "name", "scopes", "networks", "previous_digest", "previous_token_key"),
    ),
    "moderation.Appeal": ("api_key", "outcome"),
    # People stand there by number or as a hash.
    "moderation.AuditEntry": ("kind", "action", "subject", "api_key", "before", "after"),
    "moderation.Claim": ("worker",),
    "moderation.DailyFigure": ("figure", "section", "queue", "rule"),
    "moderation.Decision": (
        *("kind", "api_key", "rule", "action", "from_state", "to_state", "reason", "ground", "scores", "model"),
        "round",
    ),
    "moderation.Delivery": ("error",),
    "moderation.Erasure": ("kind", "api_key", "export_sha256", "counts"),
    "moderation.Feedback": ("languages", "api_key"),
    "moderation.HandOver": ("ending",),
    "moderation.ModelVersion": ("name", "sha256", "attributes", "languages", "experimental_languages"),
    "moderation.Mute": ("reason",),
    "moderation.PolicyVersion": ("body", "sha256", "note", "status"),
    "moderation.ReaderFlag": ("reason",),
    "moderation.Reason": ("code", "label", "ground", "category", "keyword", "legal_ground"),
    "moderation.Reversion": ("rule", "api_key"),
    "moderation.Review": ("state", "decided_by"),
    "moderation.Rollout": ("braked_rules",),
    "moderation.BulkAct": ("action", "reason", "comments", "refused"),
    "moderation.SavedView": ("queue",),
    "moderation.ShadowVerdict": ("action", "rule", "active_action", "active_rule"),
    "moderation.Standing": ("kind",),
    "moderation.Statement": ("problem",),
    "moderation.WebhookTarget": ("url", "salt", "mark", "previous_salt", "disabled_because"),
    "moderation.WordList": ("name",),
    "moderation.WordListEntry": ("language", "term", "match", "note"),
    "moderation.WordListVersion": ("note", "api_key"),
}


def word_fields() -> dict[str, set[str]]:
    """Returns model → its columns that can hold words, over all installed apps."""
    found = {
        model._meta.label: {field.name for field in model._meta.local_fields if isinstance(field, HOLDS_WORDS)}
        for model in apps.get_models(include_auto_created=True)
    }
    return {label: names for label, names in found.items() if names}


def declared_fields() -> dict[str, list[str]]:
    """Returns model → its columns that are declared, each as often as it is."""
    labels = PERSONAL.keys() | NOT_PERSONAL.keys()
    return {label: [*PERSONAL.get(label, ()), *NOT_PERSONAL.get(label, ())] for label in labels}

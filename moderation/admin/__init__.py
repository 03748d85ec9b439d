"""Moderation in the admin: the archive's pages with scores, verdicts and decisions, and moderation's own tables.

It writes only through the services. Moderators who are limited to sources see only rows of those. Each module registers
its own pages.
"""

from moderation.admin import articles, comments, site, words
from moderation.admin.limits import audited, scoped, third_party
from moderation.admin.people import access, commenters, privacy
from moderation.admin.records import audit, claims, feedback, ledger, reviews
from moderation.admin.rules import policies, webhooks, word_lists

__all__ = [
    "access",
    "articles",
    "audit",
    "audited",
    "claims",
    "commenters",
    "comments",
    "feedback",
    "ledger",
    "policies",
    "privacy",
    "reviews",
    "scoped",
    "site",
    "third_party",
    "webhooks",
    "word_lists",
    "words",
]

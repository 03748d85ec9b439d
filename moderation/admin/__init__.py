"""Moderation in the admin: the archive's pages with scores, verdicts and decisions, and moderation's own tables.

It stands on the services and writes through them only. Rows are limited to the sources that a moderator is limited to.
Every module registers its own pages.
"""

from moderation.admin import (
    access,
    articles,
    claims,
    commenters,
    comments,
    feedback,
    ledger,
    policies,
    reviews,
    scoped,
    site,
    third_party,
    webhooks,
)

__all__ = [
    "access",
    "articles",
    "claims",
    "commenters",
    "comments",
    "feedback",
    "ledger",
    "policies",
    "reviews",
    "scoped",
    "site",
    "third_party",
    "webhooks",
]

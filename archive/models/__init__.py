"""The archive's rows: sources, articles, commenters, comments and the earlier texts of edited comments."""

from archive.models.article import Article
from archive.models.comment import Comment, CommentQuerySet, CommentRevision, OriginState, TextFormat
from archive.models.commenter import Commenter
from archive.models.source import Source

__all__ = [
    "Article",
    "Comment",
    "CommentQuerySet",
    "CommentRevision",
    "Commenter",
    "OriginState",
    "Source",
    "TextFormat",
]

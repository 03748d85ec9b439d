"""The archive in the admin: sources, articles, commenters and comments, each article with its thread.

Rows that services write are shown here, not edited. This package knows nothing of moderation; `moderation.admin`
registers subclasses of these pages that add scores, verdicts and decisions.
"""

from archive.admin.articles import ArticleAdmin
from archive.admin.commenters import CommenterAdmin
from archive.admin.comments import CommentAdmin
from archive.admin.sources import SourceAdmin

__all__ = ["ArticleAdmin", "CommentAdmin", "CommenterAdmin", "SourceAdmin"]

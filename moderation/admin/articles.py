"""Articles for moderators: each comment of the thread has its state and scores."""

from django.contrib import admin
from django.http import HttpRequest

from archive.admin.articles import ArticleAdmin
from archive.models import Article, CommentQuerySet
from moderation.admin.limits.scoped import ScopedAdmin

admin.site.unregister(Article)


@admin.register(Article)
class ModeratedArticleAdmin(ScopedAdmin, ArticleAdmin):
    """Adds states and scores to the thread."""

    thread_item = "admin/moderation/thread_item.html"

    class Media:
        css = {"all": ["moderation/admin.css"]}

    def thread_comments(self, request: HttpRequest) -> CommentQuerySet:
        """Returns comments with their reviews and scores."""
        return super().thread_comments(request).select_related("review__score")

"""Articles, and the thread of comments below one."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from archive.models import Article, Comment
from moderation.api.access import read, write
from moderation.api.filters import ArticleFilter
from moderation.api.schema import described
from moderation.api.serializers.inputs import ArticleChangeIn, ArticleIn
from moderation.api.serializers.outputs import (
    ArticleDetailOut,
    ArticleOut,
    ArticleRefOut,
    ArticleStoredOut,
    ThreadCommentOut,
    ThreadOut,
)
from moderation.api.shown import with_status
from moderation.api.threads import MAX_COMMENTS, thread_nested
from moderation.api.views.base import ApiView, ListView
from moderation.services.intake.ingest import article_change, article_store


class ArticleList(ListView):
    """Articles without their bodies, and where they are stored."""

    access = {
        "GET": read("archive.view_article"),
        "POST": write("archive.add_article", "archive.change_article"),
    }
    queryset = Article.objects.select_related("source").defer("body", "blocks", "furniture")
    serializer_class = ArticleOut
    filterset_class = ArticleFilter
    body_class = ArticleIn

    @described(request=ArticleIn, responses={201: ArticleStoredOut, 200: ArticleStoredOut})
    def post(self, request: Request) -> Response:
        """Stores an article by (source, external_id); one that is there takes the fields that are given."""
        article, outcome = article_store(allowed_sources=self.allowed_sources, **self.body())
        body: dict[str, Any] = {**ArticleDetailOut(article).data, "outcome": outcome}
        return Response(body, status=201 if outcome == "created" else 200)


class ArticleDetail(ApiView):
    """One article with its text."""

    access = {"GET": read("archive.view_article"), "PATCH": write("archive.change_article")}
    queryset = Article.objects.select_related("source")
    serializer_class = ArticleDetailOut
    body_class = ArticleChangeIn

    def get(self, request: Request, **_: Any) -> Response:
        """Returns the article."""
        return Response(ArticleDetailOut(self.get_object()).data)

    @described(request=ArticleChangeIn)
    def patch(self, request: Request, **_: Any) -> Response:
        """Changes the fields that are given; an empty one is emptied."""
        return Response(ArticleDetailOut(article_change(article=self.get_object(), **self.body())).data)


class ArticleThread(ApiView):
    """The comments of an article with their nesting."""

    access = {"GET": read("archive.view_comment")}
    queryset = Article.objects.only("id", "external_id", "title", "section")
    serializer_class = ThreadOut

    def get(self, request: Request, **_: Any) -> Response:
        """Returns up to 5,000 comments, oldest first, replies inside their parents."""
        article = self.get_object()
        rows = list(with_status(Comment.objects.thread(article))[: MAX_COMMENTS + 1])
        comments: Any = ThreadCommentOut(rows[:MAX_COMMENTS], many=True).data
        body = {"article": ArticleRefOut(article).data, "comments": thread_nested(comments)}
        return Response({**body, "truncated": len(rows) > MAX_COMMENTS})

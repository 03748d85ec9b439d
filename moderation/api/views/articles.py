"""Articles, and an article's thread of comments."""

from typing import Any, cast

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from archive.models import Article, Comment
from moderation.api.requests.access import read, write
from moderation.api.requests.filters import ArticleFilter
from moderation.api.requests.orderings import BY_CREATION
from moderation.api.requests.pagination import MAX_LIMIT, ThreadPagination
from moderation.api.responses.schema import described
from moderation.api.responses.shown import with_status
from moderation.api.responses.threads import thread_nested
from moderation.api.serializers.archive import ArticleDetailOut, ArticleOut, ArticleRefOut, ArticleStoredOut
from moderation.api.serializers.comments import ThreadCommentOut, ThreadOut
from moderation.api.serializers.inputs import ArticleChangeIn, ArticleIn
from moderation.api.views.base import ApiView, ListView
from moderation.services.intake.ingest import article_change, article_store

CURSOR = OpenApiParameter("cursor", str, description="Where to continue, from `next` or `previous`.")
LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": ThreadPagination.default_limit},
    description="Comments per page.",
)


class ArticleList(ListView):
    """Articles without their bodies."""

    access = {
        "GET": read("archive.view_article"),
        "POST": write("archive.add_article", "archive.change_article"),
    }
    queryset = Article.objects.select_related("source").defer("body", "blocks", "furniture")
    serializer_class = ArticleOut
    filterset_class = ArticleFilter
    text = "summary"
    body_class = ArticleIn

    @described(request=ArticleIn, responses={201: ArticleStoredOut, 200: ArticleStoredOut})
    def post(self, request: Request) -> Response:
        """Stores an article by (source, external_id); if it exists, the given fields are updated."""
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
        """Changes the given fields; an empty value clears a field."""
        return Response(ArticleDetailOut(article_change(article=self.get_object(), **self.body())).data)


class ArticleThread(ApiView):
    """An article's comments, nested."""

    access = {"GET": read("archive.view_comment")}
    parameters = {"GET": frozenset({"cursor", "limit"})}
    pagination_class = ThreadPagination
    orderings = BY_CREATION
    ordering = "created_at"
    text = "text"
    queryset = Article.objects.only("id", "external_id", "title", "section")
    serializer_class = ThreadOut

    @described(parameters=[CURSOR, LIMIT])
    def get(self, request: Request, **_: Any) -> Response:
        """Returns a page of the comments, oldest first, with replies nested in their parents.

        A reply whose parent is on another page is at the top level; `parent` has its parent's id.
        """
        article = self.get_object()
        rows = self.paginate_queryset(with_status(Comment.objects.thread(article)))
        comments: Any = ThreadCommentOut(rows, many=True).data
        after = cast("ThreadPagination", self.paginator).next_address()
        before = cast("ThreadPagination", self.paginator).previous_address()
        body = {"article": ArticleRefOut(article).data, "comments": thread_nested(comments)}
        return Response({**body, "truncated": after is not None, "next": after, "previous": before})

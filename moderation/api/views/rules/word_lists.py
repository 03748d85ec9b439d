"""Word lists: read and written by whoever may write the policies that name them."""

from typing import Any, cast

from django.contrib.auth.models import User
from django.db.models import F, QuerySet
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from archive.database.keyset import Key
from moderation.api.requests.access import Access
from moderation.api.requests.parsers import CsvParser, FileBody, LinesParser, StrictJSONParser
from moderation.api.responses.schema import described
from moderation.api.serializers.policies.word_lists import (
    WordListEntriesIn,
    WordListEntryOut,
    WordListIn,
    WordListOut,
    WordListWholeOut,
)
from moderation.api.views.base import ApiView, ListView
from moderation.models import ApiKey, WordListEntry, WordListVersion
from moderation.services.word_lists.entries import entries_parse
from moderation.services.word_lists.files import file_entries
from moderation.services.word_lists.lists import Author, word_list_create, word_list_find, word_list_replace

POLICY = Access("policy", ("moderation.change_policy",))
CURRENT = WordListVersion.objects.filter(version=F("list__version")).select_related("list", "author")
NOTE = OpenApiParameter("note", str, description="Of a file: why the list changes. JSON has it in the body.")
ENTRIES_OR_FILE = {"application/json": WordListEntriesIn, "text/csv": OpenApiTypes.STR, "text/plain": OpenApiTypes.STR}


def author_of(request: Request) -> Author:
    """Returns who calls: a key, or a signed-in person."""
    if isinstance(request.auth, ApiKey):
        return Author(api_key=request.auth.name)
    return Author(user=request.user if isinstance(request.user, User) else None)


class WordListView(ApiView):
    """What is for all sources: a caller limited to some reads it, and writes none of it."""

    source_path = ""

    def entries(self) -> dict[str, Any]:
        """Returns the validated body with its entries; raises PermissionDenied, ServiceError."""
        if self.allowed_sources:
            raise PermissionDenied("A caller who is limited to some sources cannot change lists that count in all.")
        body = self.file() if isinstance(self.request.data, FileBody) else self.body()
        return {**body, "author": author_of(self.request)}

    def body(self) -> dict[str, Any]:
        """Returns the validated JSON body with its entries; raises ValidationError, ServiceError."""
        body = super().body()
        return {**body, "entries": entries_parse(body["entries"])}

    def file(self) -> dict[str, Any]:
        """Returns what a file says, with the note of the query; raises ServiceError naming each bad row."""
        given = cast("FileBody", self.request.data)
        return {"entries": file_entries(given.text, form=given.form), "note": self.request.query_params.get("note", "")}


class WordListList(WordListView, ListView):
    """The word lists in their current versions."""

    access = {"GET": POLICY, "POST": POLICY}
    queryset = CURRENT
    serializer_class = WordListOut
    body_class = WordListIn

    @described(request=WordListIn, responses={201: WordListOut})
    def post(self, request: Request) -> Response:
        """Creates a list. A name that is taken is a conflict: PUT replaces the entries of that list."""
        return Response(WordListOut(word_list_create(**self.entries())).data, status=201)


class WordListDetail(WordListView):
    """One word list."""

    access = {"GET": POLICY, "PUT": POLICY}
    queryset = CURRENT
    serializer_class = WordListWholeOut
    body_class = WordListEntriesIn
    lookup_field = "list__name"
    lookup_url_kwarg = "name"
    http_method_names = ["get", "head", "put"]
    parser_classes = [StrictJSONParser, CsvParser, LinesParser]
    parameters = {"PUT": frozenset({"note"})}

    def get(self, request: Request, **_: Any) -> Response:
        """Returns the list's current version, and how many reviews were not matched with it yet."""
        return Response(WordListWholeOut(self.get_object()).data)

    @described(request=ENTRIES_OR_FILE, parameters=[NOTE], responses={200: WordListOut})
    def put(self, request: Request, name: str) -> Response:
        """Replaces the entries: a new version of the list, or the current one if they are the same.

        JSON, or a file as the command takes it: CSV with a heading, or plain text with a term a line.
        """
        return Response(WordListOut(word_list_replace(name=name, **self.entries())).data)


class WordListEntries(ListView):
    """The entries of a word list's current version."""

    access = {"GET": POLICY}
    source_path = ""
    queryset = WordListEntry.objects.filter(removed_in=None)
    serializer_class = WordListEntryOut
    orderings = {"id": Key("pk")}

    def get_queryset(self) -> QuerySet[Any]:
        """Returns the entries of the list in the address; raises ServiceError `not_found`."""
        rows = super().get_queryset()
        return rows if "name" not in self.kwargs else rows.filter(list=word_list_find(self.kwargs["name"]))

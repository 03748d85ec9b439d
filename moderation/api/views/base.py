"""What all endpoints share: access rules, the caller's sources, known query parameters, and no caching."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import translation
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from archive.database.keyset import Key
from moderation.api.requests.access import Access, request_sources
from moderation.api.requests.pagination import BY_ID
from moderation.api.requests.throttling import rate_headers
from moderation.api.responses.refusals import MAX_ERRORS, join_pointer
from moderation.api.responses.schema import EndpointSchema
from moderation.api.serializers.fields import StrictSerializer
from moderation.services.errors import FieldError, ServiceError

# The longest useful query parameter is a cursor or a search for sixteen words.
MAX_PARAMETER_CHARACTERS = 1_000
LANGUAGE = "en"
NO_LENGTH = "A body needs a Content-Length here."


class BodyRequest(Request):
    """A request whose body may be chunked, without a Content-Length.

    Django reads such a body as empty. Servers that decode the chunks and end the stream set `wsgi.input_terminated`.
    """

    def _load_stream(self) -> None:
        meta = self._request.META
        chunked = "chunked" in str(meta.get("HTTP_TRANSFER_ENCODING", "")).lower()
        if not chunked or meta.get("CONTENT_LENGTH"):
            super()._load_stream()  # type: ignore[misc]
        elif not meta.get("wsgi.input_terminated"):
            raise ServiceError("parse_error", NO_LENGTH)
        else:
            self._stream = meta["wsgi.input"]


class Endpoint(APIView):
    """The base of all views. `access` has the rule of each method, `parameters` the names of its query parameters."""

    access: ClassVar[Mapping[str, Access]] = {}
    parameters: ClassVar[Mapping[str, frozenset[str]]] = {}
    http_method_names = ["get", "head", "post", "patch", "delete"]

    @classmethod
    def as_view(cls, **options: Any) -> Any:
        """Returns the view; a missing trailing slash is a 404, because a redirect would turn a POST into a GET."""
        view: Any = super().as_view(**options)
        view.should_append_slash = False
        return view

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Answers in English, whatever language the caller's browser prefers: half of the messages have only that."""
        with translation.override(LANGUAGE):
            return super().dispatch(request, *args, **kwargs)

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """Returns DRF's request, able to read chunked bodies."""
        return BodyRequest(
            request,
            parsers=self.get_parsers(),
            authenticators=self.get_authenticators(),
            negotiator=self.get_content_negotiator(),
            parser_context=self.get_parser_context(request),
        )

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Checks the caller, then the names and lengths of the query parameters."""
        super().initial(request, *args, **kwargs)
        method = "GET" if request.method == "HEAD" else str(request.method)
        if method not in self.access:
            return  # a 405 follows
        errors = list(
            islice(
                _parameter_errors(request.query_params.lists(), self.known_parameters(method), self.repeatable),
                MAX_ERRORS,
            )
        )
        if errors:
            names = ", ".join(dict.fromkeys(error.pointer[1:] for error in errors))
            raise ServiceError("validation_error", f"Invalid query parameters: {names}.", tuple(errors))

    @property
    def repeatable(self) -> frozenset[str]:
        """The names of the query parameters that may come several times, which means the same as with commas."""
        return frozenset()

    def known_parameters(self, method: str) -> frozenset[str]:
        """Returns the names of the query parameters of a method."""
        return self.parameters.get(method, frozenset())

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        """Returns the response with what is left of the key's rate, and not to be cached: comments must not be."""
        finished = super().finalize_response(request, response, *args, **kwargs)
        finished.headers.setdefault("Cache-Control", "no-store")
        finished.headers.setdefault("Content-Language", LANGUAGE)
        for name, value in rate_headers(getattr(request, "allowance", None)).items():
            finished.headers[name] = value
        return finished


class ApiView(Endpoint, GenericAPIView[Any]):
    """An endpoint for rows. `body_class` validates its request body.

    `source_path` is the lookup from a row to its source, so that limited callers see only rows of their sources.
    """

    body_class: ClassVar[type[StrictSerializer]]
    source_path: ClassVar[str] = "source"
    lookup_url_kwarg = "id"
    schema = EndpointSchema()

    @cached_property
    def allowed_sources(self) -> frozenset[int]:
        """The ids of the sources that the caller is limited to; empty means all."""
        return request_sources(self.request)

    def limited(self, rows: QuerySet[Any], path: str) -> QuerySet[Any]:
        """Returns the rows that the caller may see; `path` is the lookup to their source, empty if they have none."""
        return rows.filter(**{f"{path}__in": self.allowed_sources}) if path and self.allowed_sources else rows

    def get_queryset(self) -> QuerySet[Any]:
        """Returns the rows that the caller may see."""
        rows = super().get_queryset()
        return rows if getattr(self, "swagger_fake_view", False) else self.limited(rows, self.source_path)

    def body(self) -> dict[str, Any]:
        """Returns the validated body; raises ValidationError."""
        serializer = self.body_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


class ListView(ListModelMixin, ApiView):
    """An endpoint whose GET returns a paginated list."""

    orderings: ClassVar[Mapping[str, Key]] = BY_ID
    ordering: ClassVar[str] = "id"
    text: ClassVar[str] = ""
    filterset_class: ClassVar[Any] = None

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Returns a page."""
        return self.list(request, *args, **kwargs)

    @property
    def repeatable(self) -> frozenset[str]:
        """Those that the filters take as lists."""
        return getattr(self.filterset_class, "repeatable", frozenset())

    def known_parameters(self, method: str) -> frozenset[str]:
        """Returns the view's own parameters and those of its filters and pagination."""
        own = super().known_parameters(method)
        if method != "GET":
            return own
        filters = set(self.filterset_class.base_filters) if self.filterset_class else set()
        return own | filters | {"cursor", "limit"} | ({"ordering"} if len(self.orderings) > 1 else set())


def _parameter_errors(
    given: Iterable[tuple[str, list[str]]], known: frozenset[str], repeatable: frozenset[str]
) -> Iterator[FieldError]:
    served = ", ".join(sorted(known)) or "none"
    unknown = f"There is no such query parameter here; supported are: {served}."
    for name, values in given:
        pointer = join_pointer("", name)
        if name not in known:
            yield FieldError(pointer, "unknown_parameter", unknown)
        if len(values) > 1 and name not in repeatable:
            yield FieldError(pointer, "repeated_parameter", "A query parameter may occur only once.")
        if any(len(value) > MAX_PARAMETER_CHARACTERS for value in values):
            detail = f"A query parameter has at most {MAX_PARAMETER_CHARACTERS:,} characters."
            yield FieldError(pointer, "max_length", detail, MAX_PARAMETER_CHARACTERS)

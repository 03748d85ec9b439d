"""Lets a view read a chunked body that is malformed like one that broke off: as an OSError.

gunicorn finds a malformed chunk only when the body is read, inside the view, and raises an error of its own.
"""

from collections.abc import Callable, Iterable
from typing import Any

from gunicorn.http.errors import ParseException

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class ChunkedBody:
    """The body of a request, by the methods that WSGI offers."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, size: int | None = None) -> bytes:
        """Returns up to `size` bytes, all of them without one; raises OSError for a malformed chunk."""
        try:
            return bytes(self._stream.read(size))
        except ParseException as error:
            raise OSError("A chunk is malformed.") from error

    def readline(self, size: int | None = None) -> bytes:
        """Returns a line, or up to `size` bytes of it; raises OSError for a malformed chunk."""
        try:
            return bytes(self._stream.readline(size))
        except ParseException as error:
            raise OSError("A chunk is malformed.") from error


def with_chunked_bodies(application: Application) -> Application:
    """Wraps a WSGI application so that it meets malformed chunks as an OSError."""

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if "HTTP_TRANSFER_ENCODING" in environ:
            environ["wsgi.input"] = ChunkedBody(environ["wsgi.input"])
        return application(environ, start_response)

    return wrapped

"""A WSGI application for the tests of the worker: says how long the body is, at /unread nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count
from threading import Event
from typing import Any

requests = count(1)
opened, freed = Event(), Event()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answers with the body's length, 400 where it broke off.

    At /large it answers with ten megabytes, at /served with how many requests there were, at /batch once /open was
    asked, at /page once /free was.
    """
    number = next(requests)
    waits = {"/batch": lambda: opened.wait(60), "/page": lambda: freed.wait(60)}
    {"/open": opened.set, "/free": freed.set, **waits}.get(environ["PATH_INFO"], int)()
    body = b"x" * 10_000_000
    status = "200 OK"
    if environ["PATH_INFO"] != "/large":
        try:
            read = b"" if environ["PATH_INFO"] == "/unread" else environ["wsgi.input"].read()
            body = str(number if environ["PATH_INFO"] == "/served" else len(read)).encode()
        except OSError:
            status, body = "400 Bad Request", b"broken"
    start_response(status, [("Content-Length", str(len(body)))])
    return [body]

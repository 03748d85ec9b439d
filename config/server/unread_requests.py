"""Answers requests that the server cannot read, before any view could: problem details, as the API's own errors are.

Nothing of the request is quoted: a request line can hold a key.
"""

import json
import socket

from gunicorn.util import write_nonblock

DETAILS = {
    403: "The connection is not allowed.",
    414: "The request line is too long.",
    417: "The expectation cannot be met.",
    431: "The headers are too many or too long.",
    500: "Something failed here; it is in the log. Trying again may help.",
    501: "The transfer coding is not supported.",
}
UNREADABLE = "The request cannot be read."


def problem_bytes(status: int, reason: str) -> bytes:
    """Returns a whole response with a problem's body, after which the connection ends."""
    code = "internal_error" if status == 500 else "parse_error"  # noqa: PLR2004 - an HTTP status
    detail = DETAILS.get(status, UNREADABLE)
    problem = {"type": f"urn:moderato:problem:{code}", "title": reason, "status": status, "detail": detail}
    body = json.dumps({**problem, "instance": ""})
    head = f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode("ascii")


def write_problem(sock: socket.socket, status_int: int, reason: str, mesg: str) -> None:
    """Stands in for gunicorn's `write_error`, whose page is HTML and quotes the request in `mesg`."""
    del mesg
    write_nonblock(sock, problem_bytes(status_int, reason))

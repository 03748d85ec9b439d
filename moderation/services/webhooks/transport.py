"""One POST to an address that somebody else chose: public internet only, with a time limit, without redirects.

libcurl calls back before it opens each connection, with the very IP address that it is about to connect to, so that a
name that resolves differently after the check (DNS rebinding) gets nowhere. A redirect is an answer like any other, and
no proxy is used.
"""

import socket
import ssl
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import SplitResult, urlsplit

import pycurl
from django.conf import settings

from moderation.services.errors import ServiceError, invalid
from moderation.services.webhooks.addresses import is_public

URL_CHARACTERS = 2_000
CONNECT_SECONDS = 5.0
# From the DNS lookup to the end of the response headers, however slowly they arrive.
TOTAL_SECONDS = 15.0
ERROR_CHARACTERS = 500
# libcurl's codes for a failed handshake, an untrusted certificate, and an unreadable list of trusted ones.
TLS_ERRORS = frozenset(
    {
        pycurl.E_SSL_CONNECT_ERROR,
        pycurl.E_PEER_FAILED_VERIFICATION,
        pycurl.E_SSL_CACERT_BADFILE,
        pycurl.E_SSL_ISSUER_ERROR,
        pycurl.E_SSL_CIPHER,
    }
)
FIXED: Mapping[int, Any] = {
    pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
    pycurl.PATH_AS_IS: 1,
    pycurl.PROTOCOLS: pycurl.PROTO_HTTPS | pycurl.PROTO_HTTP,
    pycurl.FOLLOWLOCATION: 0,
    pycurl.PROXY: "",
    pycurl.USERAGENT: "",
    pycurl.NOSIGNAL: 1,  # otherwise its timeouts use signals, which do not work with threads
    pycurl.SSLVERSION: pycurl.SSLVERSION_TLSv1_2,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a POST. `status` is None without a response; `error` says why. `retry_after` is in seconds."""

    status: int | None = None
    retry_after: float | None = None
    error: str = ""


def url_check(url: str) -> SplitResult:
    """Returns the parts of an address that may be posted to; raises ServiceError at `/url` for any other.

    Plain HTTP is allowed only if MODERATION_WEBHOOKS_PRIVATE is set.
    """
    schemes = ("https", "http") if settings.MODERATION_WEBHOOKS_PRIVATE else ("https",)
    if len(url) > URL_CHARACTERS:
        raise invalid("/url", f"An address has at most {URL_CHARACTERS} characters.", limit=URL_CHARACTERS)
    try:
        parts = urlsplit(url)
        valid = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid or not url.isascii() or not url.isprintable() or " " in url:
        raise invalid("/url", f"An address begins with {' or '.join(f'{scheme}://' for scheme in schemes)} and a host.")
    if parts.username is not None or parts.fragment:
        raise invalid("/url", "An address must not have a user name, password or fragment.")
    return parts


def post(url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Sends the body and returns the result; failures are in it, not raised. Blocks for at most TOTAL_SECONDS.

    The response body is not read. (A name server that does not answer may delay the end by the system resolver's own
    timeout.)
    """
    try:
        url_check(url)
    except ServiceError as error:
        return Answer(error=str(error))
    with closing(_Exchange()) as exchange:
        exchange.prepare(url, body, headers)
        return exchange.perform()


class _Exchange:
    """One POST and its libcurl callbacks, which must not raise: an exception would be lost."""

    def __init__(self) -> None:
        self._curl = pycurl.Curl()
        self._sockets: list[socket.socket] = []
        self._refused = self._answered = self._interim = False
        self._retry_after: str | None = None

    def prepare(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        options: dict[int, Any] = {
            **FIXED,
            **_ca_options(),
            pycurl.URL: url,
            pycurl.POSTFIELDS: body,
            # The last two stop libcurl from sending `Expect: 100-continue` and `Accept` headers of its own.
            pycurl.HTTPHEADER: [*(f"{name}: {value}" for name, value in headers.items()), "Expect:", "Accept:"],
            pycurl.OPENSOCKETFUNCTION: self._open_socket,
            pycurl.HEADERFUNCTION: self._read_header,
            pycurl.WRITEFUNCTION: self._refuse_body,
            pycurl.CONNECTTIMEOUT_MS: int(CONNECT_SECONDS * 1000),
            pycurl.TIMEOUT_MS: int(TOTAL_SECONDS * 1000),
        }
        for option, value in options.items():
            self._curl.setopt(option, value)

    def perform(self) -> Answer:
        """Sends the request. Stopping after the headers is an error to libcurl, so an answer may come with one."""
        try:
            self._curl.perform()
        except pycurl.error as error:
            if not self._answered:
                return Answer(error=self._failure(*error.args)[:ERROR_CHARACTERS])
        if not self._answered:
            return Answer(error="The answer ended within its headers.")
        return Answer(status=self._curl.getinfo(pycurl.RESPONSE_CODE), retry_after=retry_after(self._retry_after))

    def close(self) -> None:
        """Closes the connection."""
        self._curl.close()
        for one in self._sockets:
            one.close()

    def _open_socket(self, _purpose: int, address: tuple[int, int, int, Any]) -> socket.socket | int:
        """Returns a socket for the address to connect to, or SOCKET_BAD if it is not on the public internet."""
        family, kind, protocol, where = address
        if not settings.MODERATION_WEBHOOKS_PRIVATE and not is_public(where[0]):
            self._refused = True
            return int(pycurl.SOCKET_BAD)
        try:
            self._sockets.append(socket.socket(family, kind, protocol))
        except OSError:
            return int(pycurl.SOCKET_BAD)
        return self._sockets[-1]  # libcurl works on a duplicate; `close` closes this one

    def _read_header(self, line: bytes) -> int | None:
        """Reads a header line; ends the exchange after the last one, because the body is not needed."""
        if line.startswith(b"HTTP/"):
            self._interim = line.partition(b" ")[2][:1] == b"1"
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"retry-after":
            self._retry_after = value.decode("latin-1")
        self._answered = not line.strip() and not self._interim
        return 0 if self._answered else None

    def _refuse_body(self, _part: bytes) -> int:
        """Ends the exchange if a body begins."""
        self._answered = True
        return 0

    def _failure(self, code: int, message: str) -> str:
        """Returns why there was no response, for people to read."""
        if self._refused:
            return "The address is not on the public internet."
        if code == pycurl.E_OPERATION_TIMEDOUT:
            return "It took too long."
        return f"TLS: {message}" if code in TLS_ERRORS else message


def _ca_options() -> dict[int, Any]:
    """Returns the options for the certificates that Python trusts, or else those of the operating system."""
    paths = ssl.get_default_verify_paths()
    named = {pycurl.CAINFO: paths.cafile, pycurl.CAPATH: paths.capath}
    found = {option: path for option, path in named.items() if path}
    return found or {pycurl.SSL_OPTIONS: pycurl.SSLOPT_NATIVE_CA}


def retry_after(header: str | None) -> float | None:
    """Returns the seconds that a Retry-After asks for (RFC 9110: seconds or a date); None if it cannot be parsed."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())

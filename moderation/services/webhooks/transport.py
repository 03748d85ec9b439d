"""One POST to an address that somebody else chose: never to this network, never for long, never on to another address.

libcurl asks before it opens each connection, and is told the very address that it is about to connect to: a name whose
answer changes between a check and a connection (DNS rebinding) leads nowhere. Redirects are answers like any other, and
proxies are not used.
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
# From the first question to the name server to the end of the answer's headers, however slowly they drip.
TOTAL_SECONDS = 15.0
ERROR_CHARACTERS = 500
# libcurl's codes for a handshake that failed, a certificate that is not trusted, a list of trusted ones it cannot read.
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
    pycurl.NOSIGNAL: 1,  # its timeouts would use a signal otherwise, which threads cannot share
    pycurl.SSLVERSION: pycurl.SSLVERSION_TLSv1_2,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it. `status` is None if no answer came, and `error` says why; `retry_after` is in seconds."""

    status: int | None = None
    retry_after: float | None = None
    error: str = ""


def url_check(url: str) -> SplitResult:
    """Returns the parts of an address that may be posted to; raises ServiceError at `/url` for any other.

    If MODERATION_WEBHOOKS_PRIVATE is set, plain HTTP is one too.
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
        raise invalid("/url", "An address here has no user name, password or fragment.")
    return parts


def post(url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Sends the body and returns what came of it; whatever fails is in the answer. Blocks TOTAL_SECONDS at most.

    The answer's body is not read. (A name server that does not answer may hold the end up for as long as the machine's
    resolver is set to wait.)
    """
    try:
        url_check(url)
    except ServiceError as error:
        return Answer(error=str(error))
    with closing(_Exchange()) as exchange:
        exchange.prepare(url, body, headers)
        return exchange.perform()


class _Exchange:
    """One POST, and what libcurl asks and says on its way. Its callbacks raise nothing: it would be lost."""

    def __init__(self) -> None:
        self._curl = pycurl.Curl()
        self._sockets: list[socket.socket] = []
        self._refused = self._answered = self._interim = False
        self._retry_after: str | None = None

    def prepare(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        options: dict[int, Any] = {
            **FIXED,
            **_trusted(),
            pycurl.URL: url,
            pycurl.POSTFIELDS: body,
            # Without the last two libcurl would ask for leave before a long body, and name the types that it takes.
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
        """Sends it. libcurl takes the end after the headers for a failure, so that an answer comes as an error too."""
        try:
            self._curl.perform()
        except pycurl.error as error:
            if not self._answered:
                return Answer(error=self._failure(*error.args)[:ERROR_CHARACTERS])
        if not self._answered:
            return Answer(error="The answer ended within its headers.")
        return Answer(status=self._curl.getinfo(pycurl.RESPONSE_CODE), retry_after=retry_after(self._retry_after))

    def close(self) -> None:
        """Ends the connection."""
        self._curl.close()
        for one in self._sockets:
            one.close()

    def _open_socket(self, _purpose: int, address: tuple[int, int, int, Any]) -> socket.socket | int:
        """Returns a socket for the address that is connected to next, or SOCKET_BAD for one not on the internet."""
        family, kind, protocol, where = address
        if not settings.MODERATION_WEBHOOKS_PRIVATE and not is_public(where[0]):
            self._refused = True
            return int(pycurl.SOCKET_BAD)
        try:
            self._sockets.append(socket.socket(family, kind, protocol))
        except OSError:
            return int(pycurl.SOCKET_BAD)
        return self._sockets[-1]  # libcurl works on a copy: this one is closed at the end

    def _read_header(self, line: bytes) -> int | None:
        """Reads a line of the answer's head; ends the exchange after the last one, since no body is wanted."""
        if line.startswith(b"HTTP/"):
            self._interim = line.partition(b" ")[2][:1] == b"1"
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"retry-after":
            self._retry_after = value.decode("latin-1")
        self._answered = not line.strip() and not self._interim
        return 0 if self._answered else None

    def _refuse_body(self, _part: bytes) -> int:
        """Ends the exchange where a body begins."""
        self._answered = True
        return 0

    def _failure(self, code: int, message: str) -> str:
        """Returns why no answer came, for people."""
        if self._refused:
            return "The address is not on the public internet."
        if code == pycurl.E_OPERATION_TIMEDOUT:
            return "It took too long."
        return f"TLS: {message}" if code in TLS_ERRORS else message


def _trusted() -> dict[int, Any]:
    """Returns the options that name the certificates Python trusts, or else those of the operating system."""
    paths = ssl.get_default_verify_paths()
    named = {pycurl.CAINFO: paths.cafile, pycurl.CAPATH: paths.capath}
    found = {option: path for option, path in named.items() if path}
    return found or {pycurl.SSL_OPTIONS: pycurl.SSLOPT_NATIVE_CA}


def retry_after(header: str | None) -> float | None:
    """Returns the seconds that a Retry-After asks for (RFC 9110: seconds, or a date); None for nothing readable."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())

"""One POST to an address that somebody else chose: never to this network, never for long, never on to another address.

The name is resolved once, every address it has is checked, and the connection goes to a checked one, so that a name
whose answer changes in between leads nowhere. Redirects are answers like any other, and proxies are not asked.
"""

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from threading import Event, Timer
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from moderation.services.errors import ServiceError, invalid

URL_CHARACTERS = 2_000
CONNECT_SECONDS = 5.0
# From the connection to the end of the answer's headers, however slowly they drip.
TOTAL_SECONDS = 15.0
PORTS = {"https": 443, "http": 80}
# Addresses of IPv4 in IPv6's clothes; what they lead to is in their last 32 bits (RFC 6052, RFC 4291).
EMBEDDING = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it. `status` is None where no answer came, and `error` says why; `retry_after` is in seconds."""

    status: int | None = None
    retry_after: float | None = None
    error: str = ""


class AddressRefusedError(OSError):
    """The address is of this machine, of a private network, or of no host at all."""


def url_check(url: str) -> SplitResult:
    """Returns the parts of an address that may be posted to; raises ServiceError at `/url` for any other.

    Where MODERATION_WEBHOOKS_PRIVATE is set, plain HTTP is one too.
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


def is_public(text: str) -> bool:
    """Says whether an IP address belongs to the public internet, also where one hides in another."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        inner = _inner(address)
        return address.is_global and not address.is_multicast and all(is_public(str(one)) for one in inner)
    return address.is_global and not address.is_multicast


def _inner(address: IPv6Address) -> list[IPv4Address]:
    """Returns the IPv4 addresses that an IPv6 one leads to by itself."""
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in EMBEDDING):
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in found if one is not None]


def post(url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Sends the body and returns what came of it; whatever fails is in the answer. Blocks TOTAL_SECONDS at most.

    (Asking the name server comes on top, and takes as long as the machine's resolver is set to wait.)
    """
    try:
        return _answer(_sent(url_check(url), body, headers))
    except ssl.SSLError as error:
        return Answer(error=f"TLS: {error.reason or type(error).__name__}"[:500])
    except TimeoutError:
        return Answer(error="It took too long.")
    except (OSError, HTTPException, ValueError, ServiceError) as error:
        return Answer(error=f"{type(error).__name__}: {error}"[:500])


def _sent(parts: SplitResult, body: bytes, headers: Mapping[str, str]) -> HTTPResponse:
    """Returns the answer's status and headers; its body is nobody's concern, and the connection is closed."""
    host, port = str(parts.hostname), parts.port or PORTS[parts.scheme]
    connection = HTTPConnection(host, port)
    connection.auto_open = 0  # by itself it would look the name up again
    connection.sock = _connected(host, port)
    connection.sock.settimeout(TOTAL_SECONDS)
    with closing(connection), _deadline(connection.sock):
        if parts.scheme == "https":
            connection.sock = ssl.create_default_context().wrap_socket(connection.sock, server_hostname=host)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, {"Host": parts.netloc, **headers})
        return connection.getresponse()


def _connected(host: str, port: int) -> socket.socket:
    """Returns a connection to the first checked address that takes one."""
    failure: OSError = OSError("The name has no address.")
    for address in _addresses(host, port):
        try:
            return socket.create_connection((address, port), timeout=CONNECT_SECONDS)
        except OSError as error:
            failure = error
    raise failure


def _addresses(host: str, port: int) -> list[str]:
    """Returns the addresses of a name; one that is not public refuses the name as a whole."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError("The name is none.") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not settings.MODERATION_WEBHOOKS_PRIVATE and not all(map(is_public, addresses)):
        raise AddressRefusedError("The address is not on the public internet.")
    return addresses


@contextmanager
def _deadline(sock: socket.socket) -> Iterator[None]:
    """Cuts the connection when its time is up: a socket's own timeout begins anew with each byte."""
    copy, late = sock.dup(), Event()  # a copy of its own, because TLS takes the socket itself away

    def cut() -> None:
        late.set()
        with suppress(OSError):  # it may have ended by itself
            copy.shutdown(socket.SHUT_RDWR)

    timer = Timer(TOTAL_SECONDS, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, HTTPException):
        if not late.is_set():
            raise
    finally:
        timer.cancel()
        timer.join()
        copy.close()
    if late.is_set():
        raise TimeoutError


def _answer(response: HTTPResponse) -> Answer:
    return Answer(status=response.status, retry_after=retry_after(response.headers.get("Retry-After")))


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

"""Finds the client's address: the peer's, or the one that a trusted proxy reports."""

from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
LOOPBACK = ("127.0.0.1", "::1")
# Headers that only a proxy may set. Nothing reads `Forwarded` and `X-Real-IP`; removing them keeps it that way.
FORWARDED = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_FORWARDED",
    "HTTP_X_REAL_IP",
)
MAX_HOPS = 20


def networks_read(texts: Iterable[str]) -> tuple[Network, ...]:
    """Returns the networks of TRUSTED_PROXIES; raises ImproperlyConfigured if one is no address or network."""
    try:
        return tuple(ip_network(text.strip()) for text in texts)
    except ValueError as error:
        raise ImproperlyConfigured(f"TRUSTED_PROXIES: {error}.") from None


def address_read(text: str) -> Address | None:
    """Returns the address of a peer or a hop, with or without a port; None for anything else."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def is_trusted(address: Address | None, trusted: Sequence[Network]) -> bool:
    """Says whether an address is a trusted proxy's. None, a Unix socket's peer, is trusted if any proxy is."""
    return bool(trusted) if address is None else any(address in network for network in trusted)


def client_of(peer: Address | None, forwarded: str, trusted: Sequence[Network]) -> Address | None:
    """Returns the nearest address that is not a trusted proxy's; anything before it in the header is only a claim.

    Args:
        peer: The other end of the connection; None for a Unix socket.
        forwarded: The header `X-Forwarded-For`, to which each proxy has appended its own peer.
        trusted: The trusted proxies.
    """
    here = peer
    for hop in reversed(forwarded.rsplit(",", MAX_HOPS)[-MAX_HOPS:]):
        found = address_read(hop)
        if found is None or not is_trusted(here, trusted):
            break
        here = found
    return here


class TrustedProxyMiddleware:
    """Sets REMOTE_ADDR to the client's address, and drops forwarding headers from any peer that is not trusted."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Reads TRUSTED_PROXIES."""
        self.get_response = get_response
        self.trusted = networks_read(settings.TRUSTED_PROXIES)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Returns the response."""
        meta = request.META
        peer = address_read(meta.get("REMOTE_ADDR", ""))
        if is_trusted(peer, self.trusted):
            client = client_of(peer, meta.pop("HTTP_X_FORWARDED_FOR", ""), self.trusted)
            meta["REMOTE_ADDR"] = str(client) if client else ""
        else:
            for name in FORWARDED:
                meta.pop(name, None)
        return self.get_response(request)

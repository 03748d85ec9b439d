"""Which IP addresses are on the public internet; webhooks never connect to others."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

# Global unicast (RFC 4291). Site-local and unique local addresses, local-use NAT64 (64:ff9b:1::/48) and IPv4-mapped or
# -compatible addresses (::a.b.c.d, ::ffff:a.b.c.d, ::ffff:0:a.b.c.d) are outside it.
UNICAST = IPv6Network("2000::/3")
# How an IPv6-only network reaches the IPv4 internet: the address is in the last 32 bits (RFC 6052).
NAT64 = IPv6Network("64:ff9b::/96")
# Protocol assignments, 6to4 relays, Teredo and other IETF assignments, 6to4, documentation: `is_global` allows some.
SPECIAL = tuple(map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2002::/16", "3fff::/20")))


def is_public(text: str) -> bool:
    """Returns whether an IP address is on the public internet, including an IPv4 address embedded by NAT64."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        if address in NAT64:
            return _is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in UNICAST:
            return False
    return _is_public(address)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    special = any(address in network for network in SPECIAL)
    return address.is_global and not address.is_multicast and not special

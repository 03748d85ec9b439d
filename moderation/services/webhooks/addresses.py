"""Which IP addresses belong to the public internet: the others are never connected to."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

# All that is handed out to hosts (RFC 4291). Site-local and unique local addresses, local NAT64 (64:ff9b:1::/48) and
# IPv4 in IPv6's clothes (::a.b.c.d, ::ffff:a.b.c.d, ::ffff:0:a.b.c.d) lie outside.
UNICAST = IPv6Network("2000::/3")
# What a network without IPv4 reaches the IPv4 internet through: the address is in the last 32 bits (RFC 6052).
NAT64 = IPv6Network("64:ff9b::/96")
# Protocol assignments, 6to4's relays, Teredo and its neighbours, 6to4, documentation: `is_global` lets some through.
SPECIAL = tuple(map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2002::/16", "3fff::/20")))


def is_public(text: str) -> bool:
    """Says whether an IP address belongs to the public internet, whatever it is embedded in."""
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

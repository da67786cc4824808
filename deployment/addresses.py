"""Which addresses are of the public internet, in whatever form they come."""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

ASSIGNED = ipaddress.IPv6Network("2000::/3")
"""All IPv6 unicast that IANA has given out; what else there is (site-local, IPv4-compatible, …) goes nowhere public."""
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""RFC 6052. Its local twin 64:ff9b:1::/48 (RFC 8215) leads into somebody's own network."""
NOT_PUBLIC = (
    ipaddress.IPv4Network("192.0.0.0/24"),  # protocol assignments; Oracle's metadata has an address in it
    ipaddress.IPv4Network("192.88.99.0/24"),  # relays from IPv6 to IPv4, given up
    ipaddress.IPv4Network("168.63.129.16/32"),  # Azure's platform, as its machines see it
    ipaddress.IPv6Network("3fff::/20"),  # documentation
)
"""What `is_global` of Python 3.11 takes for public, or did in some of its releases."""


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet, also when IPv6 wraps one of IPv4."""
    ip: Address = parsed(address)
    if isinstance(ip, ipaddress.IPv6Address):
        wrapped = ip.ipv4_mapped or ip.sixtofour or _nat64(ip)
        if wrapped:
            return is_public(str(wrapped))
        if ip not in ASSIGNED:
            return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in NOT_PUBLIC)


def parsed(address: str) -> Address:
    """As the system writes it; the zone of a link-local address (`fe80::1%eth0`) is left out."""
    return ipaddress.ip_address(address.partition("%")[0])


def _nat64(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in NAT64 else None

"""PRESIGNED_HOSTS: the hosts from which files may be fetched, and the networks into which their names may lead.

An entry is `HOST[:PORT][@NETWORK]`. In HOST a `*` stands for letters, digits and hyphens, never for a dot; without a
PORT it is 443; without a NETWORK (`10.0.0.0/8`), only public addresses will do. `amazon-s3` stands for all hosts of
Amazon S3, `none` for none.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from deployment.addresses import is_public, parsed

HTTPS = 443
LABEL = "[a-z0-9-]+"
AMAZON_S3 = re.compile(rf"({LABEL}\.)?s3(-{LABEL})?(\.dualstack)?(\.{LABEL})?\.amazonaws\.com(\.cn)?")
"""A bucket's own host or the one for all, of a region, dual-stack, FIPS, accelerated, or of an access point."""
ENTRY = re.compile(r"(?P<host>[a-z0-9*-]+(\.[a-z0-9*-]+)*)(:(?P<port>[0-9]{1,5}))?(@(?P<network>[0-9a-f.:/]+))?")


class InvalidHost(ValueError):
    """not HOST[:PORT][@NETWORK], amazon-s3 or none"""


@dataclass(frozen=True)
class AllowedHost:
    """One entry."""

    pattern: re.Pattern[str]
    port: int = HTTPS
    network: ipaddress.IPv4Network | ipaddress.IPv6Network | None = None

    def matches(self, host: str, port: int) -> bool:
        """Whether it is about this host, whose name is in lower case."""
        return port == self.port and self.pattern.fullmatch(host) is not None

    def takes(self, address: str) -> bool:
        """Whether its host may have this address."""
        return is_public(address) or (self.network is not None and parsed(address) in self.network)


@dataclass(frozen=True)
class AllowedHosts:
    """All entries of the setting."""

    entries: tuple[AllowedHost, ...]

    def allow(self, host: str, port: int) -> bool:
        """Whether files may be fetched from there at all. Nothing is resolved."""
        return any(entry.matches(host, port) for entry in self.entries)

    def reachable(self, host: str, port: int, address: str) -> bool:
        """Whether that host may be reached at that address."""
        return any(entry.matches(host, port) and entry.takes(address) for entry in self.entries)


AMAZON_S3_ONLY = AllowedHosts((AllowedHost(AMAZON_S3),))


def parse_hosts(entries: Iterable[str]) -> AllowedHosts:
    """The hosts that the entries allow; raises `InvalidHost` for the first that makes no sense."""
    numbered = enumerate((text.lower() for text in entries), 1)
    return AllowedHosts(tuple(_entry(text, number) for number, text in numbered if text != "none"))


def _entry(text: str, number: int) -> AllowedHost:
    if text == "amazon-s3":
        return AllowedHost(AMAZON_S3)
    found = ENTRY.fullmatch(text)
    try:
        if found is None or "*" in found["host"].rpartition(".")[2]:
            raise ValueError("no host, or any")
        pattern = re.compile(LABEL.join(map(re.escape, found["host"].split("*"))))
        network = ipaddress.ip_network(found["network"]) if found["network"] else None
        return AllowedHost(pattern, int(found["port"] or HTTPS), network)
    except ValueError:  # what is not understood is not quoted: it may hold a secret
        raise InvalidHost(f"entry {number} is {InvalidHost.__doc__}") from None

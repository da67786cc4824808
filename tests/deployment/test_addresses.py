"""An address is public or not, whatever form it takes."""

from __future__ import annotations

import pytest

from deployment.addresses import is_public


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "192.0.1.1",
        "172.32.0.1",
        "2001:4860:4860::8888",
        "64:ff9b::808:808",
        "::ffff:8.8.8.8",
        "2002:808:808::1",
    ],
)
def test_a_public_address_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("0.0.0.0", "this machine"),
        ("127.0.0.1", "loopback"),
        ("127.8.8.8", "loopback"),
        ("10.0.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.168.0.1", "private"),
        ("100.64.0.1", "of a carrier"),
        ("100.100.100.200", "metadata of Alibaba"),
        ("169.254.169.254", "link-local, and metadata of most clouds"),
        ("169.254.170.2", "metadata of containers at Amazon"),
        ("192.0.0.192", "metadata of Oracle"),
        ("168.63.129.16", "Azure's platform"),
        ("192.88.99.1", "relay"),
        ("198.18.0.1", "benchmarks"),
        ("203.0.113.1", "documentation"),
        ("224.0.0.1", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "broadcast"),
        ("::", "this machine"),
        ("::1", "loopback"),
        ("::1%lo", "loopback with a zone"),
        ("::7f00:1", "IPv4-compatible"),
        ("::ffff:127.0.0.1", "IPv4-mapped"),
        ("::ffff:169.254.169.254", "IPv4-mapped"),
        ("::ffff:0:7f00:1", "IPv4-translated"),
        ("64:ff9b::7f00:1", "NAT64"),
        ("64:ff9b::a9fe:a9fe", "NAT64"),
        ("64:ff9b:1::808:808", "NAT64 of somebody's own network"),
        ("2002:7f00:1::", "6to4"),
        ("2002:a9fe:a9fe::1", "6to4"),
        ("2001:0:808:808::1", "Teredo"),
        ("2001:db8::1", "documentation"),
        ("3fff::1", "documentation"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local with a zone"),
        ("fec0::1", "site-local"),
        ("fd00:ec2::254", "metadata of Amazon"),
        ("ff02::1", "multicast"),
        ("ff0e::1", "multicast of the whole world"),
        ("100::1", "goes nowhere"),
    ],
)
def test_any_other_address_is_not(address: str, why: str) -> None:
    assert not is_public(address), why

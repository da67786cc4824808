"""PRESIGNED_HOSTS says whence files may be fetched, and nothing that only looks like it is allowed."""

from __future__ import annotations

import pytest

from deployment.allowed_hosts import AMAZON_S3_ONLY, InvalidHost, parse_hosts

OF_AMAZON = [
    "s3.amazonaws.com",
    "bucket.s3.amazonaws.com",
    "s3.eu-west-1.amazonaws.com",
    "bucket.s3.eu-west-1.amazonaws.com",
    "s3-eu-west-1.amazonaws.com",
    "bucket.s3-eu-west-1.amazonaws.com",
    "bucket.s3.dualstack.eu-west-1.amazonaws.com",
    "s3-fips.us-gov-west-1.amazonaws.com",
    "bucket.s3-fips.dualstack.us-east-1.amazonaws.com",
    "bucket.s3-accelerate.amazonaws.com",
    "bucket.s3-accelerate.dualstack.amazonaws.com",
    "point-123456789012.s3-accesspoint.us-west-2.amazonaws.com",
    "bucket.s3.cn-north-1.amazonaws.com.cn",
]
OF_OTHERS = [
    "amazonaws.com",
    "ec2.eu-west-1.amazonaws.com",
    "abc.execute-api.eu-west-1.amazonaws.com",
    "s3.abc.execute-api.eu-west-1.amazonaws.com",
    "bucket.vpce-1a2b.s3.us-east-1.vpce.amazonaws.com",
    "s3.amazonaws.com.evil.example",
    "bucket.s3.amazonaws.com.cn.evil",
    "s3.amazonaws.com.de",
    "evil-s3.amazonaws.com",
    "xs3.amazonaws.com",
    "s3.amazonaws.com.",
    "s3.amazonaws.co",
    "s3xamazonaws.com",
    "a.b.s3.amazonaws.com",
    ".s3.amazonaws.com",
    "s3..amazonaws.com",
    "",
]
SENSELESS = [
    *("", "*", "files.*", "a b", "a..b", ".a", "a.", "a\n", "[::1]", "bücher.example"),
    *("https://a.example", "a.example/b", "a:x", "a:443:443"),
    *("u@a.example", "a@", "a@10.0.0.0/33", "a@10.0.0.1/8"),
]


@pytest.mark.parametrize("host", OF_AMAZON)
def test_a_host_of_amazon_s3_is_allowed_by_default(host: str) -> None:
    assert AMAZON_S3_ONLY.allow(host, 443)
    assert not AMAZON_S3_ONLY.allow(host, 8443)


@pytest.mark.parametrize("host", OF_OTHERS)
def test_another_host_is_not(host: str) -> None:
    assert not AMAZON_S3_ONLY.allow(host, 443)


def test_an_entry_is_about_one_name_and_one_port() -> None:
    hosts = parse_hosts(["MinIO.example:9000", "files.example"])
    assert hosts.allow("minio.example", 9000)
    assert hosts.allow("files.example", 443)
    for host, port in (("minio.example", 443), ("files.example", 9000), ("x.files.example", 443)):
        assert not hosts.allow(host, port)


def test_a_star_stands_for_no_dot() -> None:
    hosts = parse_hosts(["*.files.example", "s3-*.example"])
    for host in ("bucket.files.example", "s3-eu.example", "xn--bcher-kva.files.example"):
        assert hosts.allow(host, 443)
    for host in ("a.b.files.example", "files.example", ".files.example", "s3-a.b.example", "filesxexample"):
        assert not hosts.allow(host, 443)


def test_only_the_host_of_an_entry_with_a_network_may_have_addresses_in_it() -> None:
    hosts = parse_hosts(["amazon-s3", "minio.example@10.0.0.0/8", "six.example@fd00::/8"])
    assert hosts.reachable("minio.example", 443, "10.1.2.3")
    assert hosts.reachable("minio.example", 443, "8.8.8.8")
    assert hosts.reachable("six.example", 443, "fd12::1")
    assert hosts.reachable("s3.amazonaws.com", 443, "8.8.8.8")
    for address in ("127.0.0.1", "169.254.169.254", "192.168.0.1", "::1", "::ffff:10.1.2.3"):
        assert not hosts.reachable("minio.example", 443, address)
    assert not hosts.reachable("s3.amazonaws.com", 443, "10.1.2.3")
    assert not hosts.reachable("six.example", 443, "10.1.2.3")


def test_none_allows_nothing() -> None:
    assert not any(parse_hosts(["none"]).allow(host, 443) for host in (*OF_AMAZON, "none"))


@pytest.mark.parametrize("entry", SENSELESS)
def test_an_entry_that_makes_no_sense_is_refused_by_its_number_and_not_quoted(entry: str) -> None:
    with pytest.raises(InvalidHost, match=r"^entry 2 is not HOST\[:PORT\]\[@NETWORK\], amazon-s3 or none$"):
        parse_hosts(["amazon-s3", entry])

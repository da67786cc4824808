"""What tests share, told apart from what is a test's own."""

from __future__ import annotations


class Shared(str):
    """The URL of something that all tests share, and that each of them finds empty."""

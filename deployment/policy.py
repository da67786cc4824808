"""The numbers that the domain lives by; `app.py` fills them in from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from deployment.allowed_hosts import AMAZON_S3_ONLY, AllowedHosts


@dataclass(frozen=True)
class Policy:
    """Durations are timedeltas, sizes are bytes, counts are live executions or files."""

    lease: timedelta = timedelta(seconds=20)
    reconcile_interval: timedelta = timedelta(seconds=5)
    clock_skew: timedelta = timedelta(seconds=2)
    cleanup_grace: timedelta = timedelta(seconds=90)
    deadline: timedelta = timedelta(hours=1)
    result_ttl: timedelta = timedelta(days=7)
    history_ttl: timedelta = timedelta(days=30)
    max_attempts: int = 3
    files_in_flight: int = 2
    keep_inputs: bool = False
    org_concurrency: int = 20
    global_concurrency: int = 100
    max_upload_bytes: int = 512 * 1024 * 1024
    max_files: int = 32
    web_threads: int = 16
    key_requests_per_minute: int = 600
    key_upload_mb_per_day: int = 0
    private_webhooks: bool = False
    presigned_hosts: AllowedHosts = AMAZON_S3_ONLY

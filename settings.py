"""The settings: read once from the environment; one that makes no sense stops the start and is named.

`docs/settings.md` lists them all, and a test holds the two together.
"""

from __future__ import annotations

import ipaddress
import os
import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote, urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from redis.connection import parse_url

from deployment.allowed_hosts import parse_hosts
from deployment.policy import Policy
from storage import InvalidStorageUrl, open_store
from workflows import InvalidWorkflows, Registry

TEN_YEARS = 10 * 366 * 86400
"""In seconds; an instant that lies much further ahead cannot be stored."""
DRIVERS = ("sqlite", "sqlite+pysqlite", "postgresql+psycopg")

Positive = Annotated[int, Field(gt=0)]
Processes = Annotated[int, Field(gt=0, le=1000)]
Seconds = Annotated[float, Field(gt=0, le=TEN_YEARS)]
SecondsOrNone = Annotated[float, Field(ge=0, le=TEN_YEARS)]


class InvalidSettings(SystemExit):
    """The environment holds a setting that makes no sense."""


class Settings(BaseSettings):
    """Names are those of the environment, in lower case; units are in the names or in the descriptions."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    airlock_data: Path = Field(Path(".data"), description="where the embedded parts keep their data")
    database_url: str = Field("", description="SQLAlchemy URL; `postgres://` is understood")
    redis_url: str = Field("", description="`redis://`, `rediss://` or `unix://`")
    redis_tls_verify: bool = Field(
        "DYNO" not in os.environ, description="check the certificate of a `rediss://` server"
    )
    storage_url: str = Field("", description="`file://…` or `s3://KEY:SECRET@host:port/bucket`")
    secret_key: str = Field("", description="signs what must not be forged; the launcher makes one")
    host: str = Field("127.0.0.1", description="address that the web server binds")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(8000, description="port that the web server binds")
    trusted_proxies: Annotated[int, Field(ge=0)] = Field(
        0, description="how many reverse proxies in front may set X-Forwarded-*"
    )

    org_concurrency: Positive = Field(20, description="live executions of an organisation")
    global_concurrency: Positive = Field(100, description="live executions of the installation")
    key_requests_per_minute: Annotated[int, Field(ge=0)] = Field(
        600, description="requests of an API key in a minute; 0: no limit"
    )
    key_upload_mb_per_day: Annotated[int, Field(ge=0)] = Field(
        0, description="MiB that an API key may upload in a day; 0: no limit"
    )
    lease_seconds: Seconds = Field(20, description="a process that is silent for so long is taken for dead")
    reconcile_seconds: Seconds = Field(5, description="pause between two passes of the reconciler")
    clock_skew_seconds: SecondsOrNone = Field(2, description="allowance between hosts")
    cleanup_grace: SecondsOrNone = Field(90, description="seconds until the second cleanup")
    max_attempts: Positive = Field(3, description="times that a file is started before `worker_lost`")
    workers: Processes = Field(2, description="RQ workers of one `flask worker`")
    web_concurrency: Processes = Field(2, description="processes of the web server")
    web_threads: Processes = Field(
        16, description="requests that one web process serves at once; a waiting caller holds one"
    )
    files_in_flight: Annotated[int, Field(ge=0)] = Field(
        0, description="files of one run that are queued or running at once; 0: as many as `WORKERS`"
    )
    keep_inputs: bool = Field(False, description="keep inputs until `RESULT_TTL` is over")
    execution_deadline: Seconds = Field(3600, description="seconds from accept to end, queueing included")
    result_ttl: Seconds = Field(604800, description="seconds that a result can be read")
    history_ttl: SecondsOrNone = Field(
        2592000, description="seconds that a run is still listed and told of once its result has expired"
    )
    max_upload_mb: Positive = Field(512, description="size of one request's files, in MiB")
    max_files: Positive = Field(32, description="files of one request")
    private_webhooks: bool = Field(
        False, description="allow webhooks to `http://` and to private addresses: for receivers in one's own network"
    )
    presigned_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        ("amazon-s3",),
        description="hosts from which files may be fetched, comma-separated: HOST[:PORT][@NETWORK], amazon-s3 or none",
    )
    workflows: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="dotted modules to load beside the built-in workflows, comma-separated"
    )
    sentry_dsn: str = Field("", description="where errors are sent, with Sentry's SDK installed; empty: nowhere")
    log_format: Literal["", "json", "console"] = Field(
        "", description="`json` or `console`; left out, a terminal gets `console` and everything else `json`"
    )

    @field_validator("presigned_hosts", "workflows", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("presigned_hosts")
    @classmethod
    def _known_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        parse_hosts(value)
        return value

    @field_validator("host")
    @classmethod
    def _address(cls, value: str) -> str:
        return value if value == "localhost" else str(ipaddress.ip_address(value))

    @field_validator("sentry_dsn")
    @classmethod
    def _known_dsn(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and not (parts.scheme in ("http", "https") and parts.username and parts.path.strip("/").isdigit()):
            raise ValueError("must be https://KEY@HOST/NUMBER, as Sentry shows it")
        return value

    @field_validator("database_url")
    @classmethod
    def _sqlalchemy_url(cls, value: str) -> str:
        return _database_url(value) if value else value

    @field_validator("redis_url")
    @classmethod
    def _known_redis(cls, value: str) -> str:
        return _redis_url(value) if value else value

    @field_validator("storage_url")
    @classmethod
    def _known_storage(cls, value: str) -> str:
        return _storage_url(value) if value else value

    @model_validator(mode="after")
    def _skew_fits_lease(self) -> Self:
        if self.clock_skew_seconds > self.lease_seconds / 2:
            raise ValueError("CLOCK_SKEW_SECONDS must be at most half of LEASE_SECONDS")
        return self

    @property
    def database(self) -> str:
        """The database to use: the one that is set, else SQLite in the data folder."""
        return self.database_url or f"sqlite:///{self.airlock_data.absolute()}/airlock.db"

    @property
    def storage(self) -> str:
        """The object storage to use: the one that is set, else a folder in the data folder."""
        return self.storage_url or f"file://{quote(str(self.airlock_data.absolute()))}/objects"

    @property
    def local_url(self) -> str:
        """Where the web server is reached from this machine, also if it is bound on every address."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def policy(self) -> Policy:
        """The numbers that the domain lives by."""
        return Policy(
            lease=timedelta(seconds=self.lease_seconds),
            reconcile_interval=timedelta(seconds=self.reconcile_seconds),
            clock_skew=timedelta(seconds=self.clock_skew_seconds),
            cleanup_grace=timedelta(seconds=self.cleanup_grace),
            deadline=timedelta(seconds=self.execution_deadline),
            result_ttl=timedelta(seconds=self.result_ttl),
            history_ttl=timedelta(seconds=self.history_ttl),
            max_attempts=self.max_attempts,
            files_in_flight=self.files_in_flight or self.workers,
            keep_inputs=self.keep_inputs,
            org_concurrency=self.org_concurrency,
            global_concurrency=self.global_concurrency,
            max_upload_bytes=self.max_upload_mb * 1024 * 1024,
            max_files=self.max_files,
            web_threads=self.web_threads,
            key_requests_per_minute=self.key_requests_per_minute,
            key_upload_mb_per_day=self.key_upload_mb_per_day,
            private_webhooks=self.private_webhooks,
            presigned_hosts=parse_hosts(self.presigned_hosts),
        )


def embedded_settings(airlock_data: Path) -> Path:
    """Where the launcher leaves what it chose (`redis_url`, `secret_key`, …), a file each, for commands elsewhere."""
    return airlock_data / "embedded"


def read_settings() -> Settings:
    """The settings of the environment; raises `InvalidSettings` with a line for each that makes no sense."""
    folder = embedded_settings(Path(os.environ.get("AIRLOCK_DATA") or ".data"))
    try:
        settings = _settings(_secrets_dir=folder if folder.is_dir() else None)
    except PermissionError as error:
        raise InvalidSettings(f"AIRLOCK_DATA: {error.filename} cannot be read ({error.strerror})") from None
    missing = [name for name in ("redis_url", "secret_key") if not getattr(settings, name)]
    if missing and _only_help():
        return settings.model_copy(update=dict.fromkeys(missing, "redis://"))
    if missing:
        names = " and ".join(name.upper() for name in missing)
        raise InvalidSettings(f"{names} must be set (`make run` sets up everything by itself)")
    return settings


def launcher_settings(**chosen: Any) -> Settings:
    """The same for the launcher, which makes what is not set; `chosen` goes before the environment."""
    return _settings(**chosen)


def _settings(**chosen: Any) -> Settings:
    try:
        settings = Settings(**chosen)
        Registry().load(settings.workflows)
    except ValidationError as error:
        raise InvalidSettings("\n".join(map(_line, error.errors()))) from None
    except InvalidWorkflows as error:
        raise InvalidSettings(str(error)) from None
    return settings


def _only_help() -> bool:
    """`flask --help` lists the commands on any machine: making the app connects to nothing."""
    program, *words = sys.argv
    return Path(program).stem == "flask" and (not words or "--help" in words)


def _database_url(value: str) -> str:
    """Heroku says `postgres://`, which SQLAlchemy does not know; the driver is always psycopg 3.

    A relative path of SQLite counts from the working folder; Flask-SQLAlchemy alone would take another folder.
    """
    import sqlalchemy as sa  # a fifth of the launcher's start, which without a URL needs none of it

    try:
        url = sa.make_url(re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", value))
    except (sa.exc.ArgumentError, ValueError):  # their messages quote what may be a piece of a password
        raise ValueError("must be postgresql://user:password@host:port/name or sqlite:////path") from None
    if url.drivername not in DRIVERS:
        raise ValueError("must begin with postgresql://, postgres:// or sqlite://")
    if url.get_backend_name() == "sqlite":
        if url.database in (None, "", ":memory:"):
            raise ValueError("must name a file: in memory, each process would have a database of its own")
        url = url.set(database=str(Path(str(url.database)).absolute()))
    return url.render_as_string(hide_password=False)


def _redis_url(value: str) -> str:
    """What redis-py would take for a default, or find out at the first command, is refused here."""
    if not value.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must begin with redis://, rediss:// or unix://")
    try:
        parse_url(value)  # type: ignore[no-untyped-call]
        parts = urlsplit(value)
        usable = bool(parts.path) if parts.scheme == "unix" else parts.hostname and _is_number(parts.path)
    except ValueError:  # its message would quote a piece of a password
        usable = False
    if not usable:
        raise ValueError("must be redis://:password@host:port/0 or unix:///path; write a / in the password as %2F")
    return value


def _is_number(path: str) -> bool:
    return re.fullmatch(r"/?\d*", path) is not None


def _storage_url(value: str) -> str:
    try:
        open_store(value)
    except InvalidStorageUrl as error:
        raise ValueError(str(error).removeprefix("STORAGE_URL ")) from None
    return value


def _line(breach: Any) -> str:
    """One line; the value is left out, since it may hold a password."""
    name = "_".join(str(part) for part in breach["loc"]).upper()
    told = breach["msg"].removeprefix("Value error, ")
    return f"{name}: {told}" if name else told

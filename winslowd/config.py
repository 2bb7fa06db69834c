"""The daemon's settings: one frozen value, checked once, from a YAML file, the environment and the command line.

A setting `etcd.endpoints` of the file is `WINSLOW_ETCD__ENDPOINTS` in the environment, which wins. Every field
has a default that is right for one machine; a real node sets at least `volume` and `etcd.endpoints`.
"""

from __future__ import annotations

import ipaddress
import math
import os
import re
import socket
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from winslow.errors import InvalidArgument

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

UNSHOWN = frozenset({"etcd.password", "notify.smtp.password"})
"""Settings whose values no message repeats."""
EVERYWHERE = frozenset({"0.0.0.0", "[::]", "*"})  # noqa: S104 - recognised, not listened at
"""Hosts of an address that nobody can call."""
STAGE_UID = 64642
"""Who stages run as where neither the definition nor the image says, when the daemon itself is root."""


class EtcdSettings(BaseModel):
    """How to reach etcd. `ca`, `certificate` and `key` are files; the password may come from the environment.

    `compact_every` and `keep_history` in seconds; `quota` in bytes, for members too old to tell theirs.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    endpoints: tuple[str, ...] = Field(default=("127.0.0.1:2379",), min_length=1)
    user: str = ""
    password: str = Field(default="", repr=False)
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    compact_every: float = Field(default=300, gt=0)
    keep_history: float = Field(default=600, ge=0)
    quota: int = Field(default=2 << 30, gt=0)


class CephSettings(BaseModel):
    """How the servers behind the volume are asked; without `conf` they are not. docs/ceph.md has the keys.

    `watch` and `fence` are names of keys, client.N; "" does without what it is for. Keyrings are files, None is wherever
    Ceph's configuration says. `client_sockets` are patterns; `look_every` in seconds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    conf: Path | None = None
    watch: str = ""
    watch_keyring: Path | None = None
    fence: str = ""
    fence_keyring: Path | None = None
    client_sockets: tuple[str, ...] = ("/var/run/ceph/*client*.asok", "/run/ceph/*/*client*.asok")
    look_every: float = Field(default=60.0, ge=5)

    @field_validator("watch", "fence")
    @classmethod
    def _is_client(cls, value: str, info: ValidationInfo) -> str:
        if value and not re.fullmatch(r"client\.[A-Za-z0-9_.-]+", value):
            raise ValueError("must be client.NAME, as `ceph auth ls` shows it")
        if value and info.data.get("conf") is None:
            raise ValueError("needs ceph.conf, which says where the monitors are")
        return value


class SmtpSettings(BaseModel):
    """Where mail is handed in; without `host` nobody is told by mail. `sender` is who it is from; the password may come from
    the environment.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = ""
    port: int = Field(default=587, gt=0, lt=65536)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = Field(default="", repr=False)
    sender: str = ""

    @field_validator("sender")
    @classmethod
    def _is_address(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("host") and not re.fullmatch(r"[^\s<>@,;]+@[^\s<>@,;]+", value):
            raise ValueError("must be the address that mail is from, NAME@HOST")
        return value


class NotifySettings(BaseModel):
    """How people are told what happens. `web_url` is where they reach the pages; `hosts` are patterns of names, `networks` of
    addresses to which webhooks may go, empty for any; `ca` is a file of certificates that are trusted beside the system's.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    web_url: str = ""
    hosts: tuple[str, ...] = ()
    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()
    ca: Path | None = None
    smtp: SmtpSettings = SmtpSettings()

    @field_validator("web_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[A-Za-z0-9._:\[\]-]+(/[!-~]*)?", value):
            raise ValueError("must begin with http:// or https:// and name a host")
        return value


class UnpackSettings(BaseModel):
    """What an archive may become that people have unpacked: bytes, entries, and times its own size (past 64 MiB)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int = Field(default=1 << 40, gt=0)
    entries: int = Field(default=1_000_000, gt=0)
    ratio: int = Field(default=200, gt=0)


class Settings(BaseSettings):
    """Everything a daemon is told. Sizes in bytes, times in seconds."""

    model_config = SettingsConfigDict(
        env_prefix="WINSLOW_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    cluster: str = "default"
    node: str = Field(default_factory=lambda: _slug(socket.gethostname()))
    advertise: str = ""
    listen: tuple[str, ...] = Field(default=("127.0.0.1:7411",), min_length=1)
    http: tuple[str, ...] = ()
    http_names: frozenset[str] = frozenset()
    http_origins: frozenset[str] = frozenset()
    http_head: float = Field(default=10, gt=0)
    http_idle: float = Field(default=60, gt=0)
    state: Path = Path("/var/lib/winslow")
    scratch: Path | None = None
    volume: Path = Path("/srv/winslow")
    volume_min_free: int = Field(default=256 << 20, ge=0)
    ceph: CephSettings = CephSettings()
    etcd: EtcdSettings = EtcdSettings()
    session_ttl: int = Field(default=15, ge=5, le=300)
    keepalive: float | None = Field(default=None, gt=0)
    history_after: float = Field(default=3600.0, ge=0)
    archive_after: float = Field(default=600.0, ge=0)
    archive_rate: int = Field(default=32 << 20, ge=0)
    archive_hashed: int = Field(default=16 << 20, ge=0)
    unpack: UnpackSettings = UnpackSettings()
    notify: NotifySettings = NotifySettings()
    docker: str = "unix:///var/run/docker.sock"
    tags: frozenset[str] = frozenset()
    cpus: float | None = Field(default=None, gt=0)
    memory: int | None = Field(default=None, gt=0)
    example: Path | None = None
    stage_user: str = Field(default_factory=lambda: _own_user())  # noqa: PLW0108 - it is defined below
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("cluster", "node")
    @classmethod
    def _is_name(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?", value):
            raise ValueError("must be lower-case letters, digits, '.' and '-', at most 63 of them")
        return value

    @field_validator("listen", "http")
    @classmethod
    def _are_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            if not re.fullmatch(r"unix:/.+|(\[[^\]/]+\]|[^:/\s]+):\d{1,5}", address):
                raise ValueError(f"{address!r} is neither host:port nor unix:/path")
        return value

    @field_validator("http")
    @classmethod
    def _are_near(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            if not (address.startswith("unix:/") or _is_loopback(address.rpartition(":")[0].strip("[]"))):
                raise ValueError(f"{address!r} can be reached from elsewhere: until there is identity, use 127.0.0.1")
        return value

    @field_validator("http_names")
    @classmethod
    def _are_host_names(cls, value: frozenset[str]) -> frozenset[str]:
        for name in value:
            if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", name):
                raise ValueError(f"{name!r} is not the name of a host, without a port")
        return value

    @field_validator("http_origins")
    @classmethod
    def _are_origins(cls, value: frozenset[str]) -> frozenset[str]:
        for origin in value:
            if not re.fullmatch(r"https?://[A-Za-z0-9.\-\[\]:]+", origin):
                raise ValueError(
                    f"{origin!r} is not an origin: write https://host or https://host:port, each by itself"
                )
        return value

    @field_validator("state", "scratch", "volume", "example")
    @classmethod
    def _is_absolute(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_absolute():
            raise ValueError("must be an absolute path")
        return value

    @field_validator("keepalive")
    @classmethod
    def _leaves_time_to_try_again(cls, value: float | None, info: ValidationInfo) -> float | None:
        if value is not None and value >= (ttl := info.data.get("session_ttl", math.inf)) / 2:
            raise ValueError(f"must be less than half of session_ttl, which is {ttl}: one renewal may fail")
        return value

    @field_validator("stage_user")
    @classmethod
    def _is_user(cls, value: str) -> str:
        if not re.fullmatch(r"\d{1,10}:\d{1,10}", value):
            raise ValueError("must be UID:GID in numbers")
        return value

    @property
    def address(self) -> str:
        """Where other nodes reach this one: what it advertises, else where it listens; everywhere means its host's name."""
        over_tcp = (one for one in self.listen if not one.startswith("unix:"))
        address = self.advertise or next(over_tcp, self.listen[0])
        host, _, port = address.rpartition(":")
        return f"{socket.gethostname()}:{port}" if host in EVERYWHERE else address

    @property
    def scratch_directory(self) -> Path:
        """Where layered workspaces keep what their stages change."""
        return self.scratch or self.state / "scratch"

    @property
    def default_user(self) -> tuple[int, int]:
        """(uid, gid) of stages that name none."""
        uid, _, gid = self.stage_user.partition(":")
        return int(uid), int(gid)


def load(path: Path | None, **given: Any) -> Settings:
    """Settings from a file (none is fine), the environment, and `given` from the command line, the last winning.

    Raises InvalidArgument (CONFIG_INVALID) that names every setting at fault.
    """
    try:
        return Settings(**{**_from_environment(_read(path)), **given})
    except ValidationError as error:
        raise _invalid(path, "; ".join(_said(fault) for fault in error.errors())) from None


def _read(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        read = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _invalid(path, error.strerror or str(error)) from None
    except (UnicodeDecodeError, YAMLError) as error:
        raise _invalid(path, _unread(error)) from None
    if read is None:
        return {}
    if not isinstance(read, dict):
        raise _invalid(path, "it must be a mapping of settings")
    return read


def _said(fault: ErrorDetails) -> str:
    """One fault of one setting, in a sentence that names both."""
    setting = ".".join(str(part) for part in fault["loc"])
    if fault["type"] != "extra_forbidden":
        value = (
            f" is {fault['input']!r}"
            if setting not in UNSHOWN and isinstance(fault["input"], str | int | float)
            else ""
        )
        return f"{setting}{value}: {fault['msg'].removeprefix('Value error, ')}"
    known = [
        *Settings.model_fields,
        *(f"etcd.{name}" for name in EtcdSettings.model_fields),
        *(f"unpack.{name}" for name in UnpackSettings.model_fields),
        *(f"ceph.{name}" for name in CephSettings.model_fields),
        *(f"notify.{name}" for name in NotifySettings.model_fields),
        *(f"notify.smtp.{name}" for name in SmtpSettings.model_fields),
    ]
    near = get_close_matches(setting, known, n=1)
    return f"there is no setting {setting}" + (f" (did you mean {near[0]}?)" if near else "")


def _unread(error: UnicodeDecodeError | YAMLError) -> str:
    """Why it is not YAML, and where, in one line."""
    if isinstance(error, MarkedYAMLError) and error.problem_mark:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return " ".join(str(error).split())


def _from_environment(read: dict[str, Any]) -> dict[str, Any]:
    """Drop from the file what the environment sets: pydantic lets arguments win over the environment."""
    return {name: value for name, value in read.items() if f"WINSLOW_{name.upper()}" not in os.environ}


def _invalid(path: Path | None, faults: str) -> InvalidArgument:
    return InvalidArgument(
        f"The settings {f'in {path} ' if path else ''}are not usable: {faults.removesuffix('?')}",
        reason="CONFIG_INVALID",
        subject=str(path or ""),
        hint="docs/configuration.md lists every setting",
    )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9-]+", "-", name.lower().partition(".")[0]).strip("-") or "node"


def _own_user() -> str:
    if os.getuid() == 0:
        return f"{STAGE_UID}:{STAGE_UID}"
    return f"{os.getuid()}:{os.getgid()}"

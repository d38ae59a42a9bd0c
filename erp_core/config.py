"""Settings of the server, read once from the environment and typed."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


class ConfigError(Exception):
    """A setting of the server is missing or wrong; the text names the variable and the remedy."""


def _flag(value: str) -> bool:
    return value.strip().lower() in {"1", "true", "yes", "on"}


@dataclass(frozen=True)
class Config:
    """What `create_app` needs. Secrets do not appear in its repr."""

    database_url: str
    secret_key: str = field(repr=False)
    encryption_keys: tuple[str, ...] = field(repr=False)
    plugins: tuple[str, ...] = ()
    rate_limit_storage: str = "memory://"
    rate_limits: bool = True
    secure_cookies: bool = True
    data_dir: Path = Path("var")
    worker_streams: int = 8
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The environment as read, for plugins that declare variables of their own."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> Config:
        """Read the environment. Without ERP_SECRET_KEY and ERP_ENCRYPTION_KEYS, keys are made once and kept beside the data."""
        env = dict(os.environ if environ is None else environ)
        data_dir = Path(env.get("ERP_DATA_DIR", "var")).absolute()
        return cls(
            database_url=normalize_database_url(env.get("DATABASE_URL") or f"sqlite:///{data_dir / 'erp.sqlite3'}"),
            secret_key=env.get("ERP_SECRET_KEY") or _kept_secret(data_dir, "secret_key"),
            encryption_keys=tuple(filter(None, env.get("ERP_ENCRYPTION_KEYS", "").replace(",", " ").split()))
            or (_kept_secret(data_dir, "encryption_key", fernet=True),),
            plugins=tuple(filter(None, env.get("ERP_PLUGINS", "quickbooks").replace(",", " ").split())),
            rate_limit_storage=env.get("ERP_RATE_LIMIT_STORAGE", "memory://"),
            rate_limits=_flag(env.get("ERP_RATE_LIMITS", "1")),
            secure_cookies=_flag(env.get("ERP_SECURE_COOKIES", "0")),
            data_dir=data_dir,
            worker_streams=int(env.get("ERP_WORKER_STREAMS", "8")),
            environ=env,
        )


def normalize_database_url(url: str) -> str:
    """Name the driver: psycopg 3 for PostgreSQL, whatever prefix the platform hands out."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    if not url.startswith(("sqlite:", "postgresql+psycopg:")):
        raise ConfigError(f"DATABASE_URL must start with sqlite: or postgresql:, not {url.split(':', 1)[0]}:.")
    return url


def _kept_secret(data_dir: Path, name: str, *, fernet: bool = False) -> str:
    """A secret of this installation: made once, readable by its owner only, kept in the data folder."""
    from cryptography.fernet import Fernet

    path = data_dir / name
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    data_dir.mkdir(parents=True, exist_ok=True)
    value = Fernet.generate_key().decode() if fernet else secrets.token_urlsafe(48)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(value)
    return value

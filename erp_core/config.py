"""Settings of the server, read once from the environment and typed."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.fernet import Fernet


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
    api_rate_limit: int = 600
    """Calls of the REST API a minute, for each token."""
    secure_cookies: bool = True
    data_dir: Path = Path("var")
    worker_streams: int = 8
    trusted_proxies: int = 0
    """How many reverse proxies in front may say where a request comes from."""
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
            encryption_keys=_fernet_keys(env.get("ERP_ENCRYPTION_KEYS", ""))
            or (_kept_secret(data_dir, "encryption_key", fernet=True),),
            plugins=tuple(filter(None, env.get("ERP_PLUGINS", "quickbooks").replace(",", " ").split())),
            rate_limit_storage=env.get("ERP_RATE_LIMIT_STORAGE", "memory://"),
            rate_limits=_flag(env.get("ERP_RATE_LIMITS", "1")),
            api_rate_limit=_number(env, "ERP_API_RATE_LIMIT", default=600, least=1),
            secure_cookies=_flag(env.get("ERP_SECURE_COOKIES", "0")),
            data_dir=data_dir,
            worker_streams=_number(env, "ERP_WORKER_STREAMS", default=8, least=1),
            trusted_proxies=_number(env, "ERP_TRUSTED_PROXIES", default=0, least=0),
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


def _number(env: Mapping[str, str], name: str, *, default: int, least: int) -> int:
    text = env.get(name, "").strip() or str(default)
    if not text.isdecimal() or int(text) < least:
        raise ConfigError(f"{name} must be a whole number of at least {least}, not {text}.")
    return int(text)


def _fernet_keys(text: str) -> tuple[str, ...]:
    keys = tuple(filter(None, text.replace(",", " ").split()))
    for key in keys:
        try:
            Fernet(key)
        except ValueError:
            raise ConfigError(
                "ERP_ENCRYPTION_KEYS holds something that is not a Fernet key: 32 random bytes in URL-safe base64. "
                "Leave it empty to have one made and kept in the data folder."
            ) from None
    return keys


def _kept_secret(data_dir: Path, name: str, *, fernet: bool = False) -> str:
    """A secret of this installation: made once, readable by its owner only, kept in the data folder."""
    path = data_dir / name
    try:
        if not path.exists():
            data_dir.mkdir(parents=True, exist_ok=True)
            _make_once(path, Fernet.generate_key().decode() if fernet else secrets.token_urlsafe(48))
        value = path.read_text().strip()
    except OSError as error:
        raise ConfigError(f"The data folder {data_dir} can't be used: {error.strerror}. See ERP_DATA_DIR.") from None
    if not value:
        raise ConfigError(f"{path} is empty. Restore it from a backup; without it, stored secrets can't be read.")
    return value


def _make_once(path: Path, value: str) -> None:
    """Write the file whole or not at all; when two processes try at once, one of them wins."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)  # readable by its owner only
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(value)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        Path(temporary).unlink()

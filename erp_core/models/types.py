"""Column types that keep money exact and times aware on both engines."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import BigInteger, DateTime, Dialect, LargeBinary, Numeric, String
from sqlalchemy.types import TypeDecorator, TypeEngine

MONEY_SCALE = 4
RATE_SCALE = 6


class Exact(TypeDecorator[Decimal]):
    """A Decimal with a fixed scale. PostgreSQL stores NUMERIC; SQLite, which has none, a scaled integer that sums exactly."""

    impl = Numeric
    cache_ok = True

    def __init__(self, scale: int = MONEY_SCALE) -> None:
        super().__init__()
        self.scale = scale

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(Numeric(20, self.scale))

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if isinstance(value, float):
            raise TypeError("Money is Decimal, never float.")
        scaled = Decimal(value).scaleb(self.scale)
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{value} has more than {self.scale} decimal places.")
        return int(scaled) if dialect.name == "sqlite" else Decimal(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        return Decimal(value).scaleb(-self.scale) if dialect.name == "sqlite" else Decimal(value)


def Money() -> Exact:
    """An amount of money; the currency stands in a column beside it."""
    return Exact(MONEY_SCALE)


def Rate() -> Exact:
    """A quantity, unit price or percentage, which may have more places than money."""
    return Exact(RATE_SCALE)


class Choice(TypeDecorator[StrEnum]):
    """A word out of a fixed set, read back as the member of its enumeration. The database holds the word."""

    impl = String
    cache_ok = True

    def __init__(self, choices: type[StrEnum], length: int) -> None:
        super().__init__(length)
        self.choices = choices

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.choices(value)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC, also on SQLite, which forgets the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("A moment needs a time zone.")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Keyring:
    """The keys that encrypt secrets at rest. The first key encrypts, every key decrypts, so that keys can be rotated."""

    def __init__(self) -> None:
        self._fernet: MultiFernet | None = None

    def use(self, keys: tuple[str, ...]) -> None:
        """Take these keys, newest first."""
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def encrypt(self, text: str) -> bytes:
        """The text as a token that only these keys open."""
        return self._keys().encrypt(text.encode())

    def decrypt(self, token: bytes) -> str:
        """The text of a token; InvalidKey when no key of ours made it."""
        try:
            return self._keys().decrypt(token).decode()
        except InvalidToken:
            raise InvalidKey("A stored secret was encrypted with a key that is not in ERP_ENCRYPTION_KEYS.") from None

    def _keys(self) -> MultiFernet:
        if self._fernet is None:
            raise InvalidKey("No encryption key is set: ERP_ENCRYPTION_KEYS is empty.")
        return self._fernet


class InvalidKey(Exception):
    """A secret at rest can't be read with the keys we have."""


keyring = Keyring()


class Encrypted(TypeDecorator[str]):
    """A secret text that stands encrypted in the database."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else keyring.encrypt(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else keyring.decrypt(value)

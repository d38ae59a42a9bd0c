"""A postal address."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Address:
    """Where somebody is. All parts are text, empty when unknown."""

    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""

    def __bool__(self) -> bool:
        return any((self.line1, self.line2, self.city, self.region, self.postal_code, self.country))

    def lines(self) -> list[str]:
        """The address as it stands on an envelope."""
        town = " ".join(
            part
            for part in (self.city + "," if self.city and self.region else self.city, self.region, self.postal_code)
            if part
        )
        return [line for line in (self.line1, self.line2, town, self.country) if line]

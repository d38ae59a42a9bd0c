"""A small table of sales tax by state and city for Automated Sales Tax: realistic, and not for filing returns.

A state that is not here is one without nexus: no tax.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True)
class Levy:
    """One rate of a place: the tax of a state, a county, a city or a special district, in percent."""

    name: str
    percent: Decimal


@dataclass(frozen=True)
class State:
    """A state: its own rate and those that its cities add.

    shipping: whether it taxes shipping; by_origin: whether sales within it are taxed where the seller is.
    """

    code: str
    name: str
    agency: str
    percent: Decimal
    shipping: bool = False
    by_origin: bool = False
    cities: Mapping[str, tuple[Levy, ...]] = field(default_factory=dict)


def _city(*levies: tuple[str, str]) -> tuple[Levy, ...]:
    return tuple(Levy(name, Decimal(percent)) for name, percent in levies)


_STATES = (
    State(
        "CA", "California", "California Department of Tax and Fee Administration", Decimal("6.00"),
        cities={
            "Los Angeles": _city(("Los Angeles County", "1.25"), ("Los Angeles County District", "2.25")),
            "San Francisco": _city(("San Francisco County", "1.25"), ("San Francisco District", "1.375")),
            "Sacramento": _city(("Sacramento County", "1.25"), ("Sacramento City", "1.00"),
                                ("Sacramento Transportation", "0.50")),
        },
    ),
    State(
        "CO", "Colorado", "Colorado Department of Revenue", Decimal("2.90"),
        cities={
            "Denver": _city(("Denver City", "4.81"), ("Regional Transportation District", "1.00"),
                            ("Cultural Facilities District", "0.10")),
            "Boulder": _city(("Boulder County", "1.185"), ("Boulder City", "3.86"),
                             ("Regional Transportation District", "1.00"), ("Cultural Facilities District", "0.10")),
        },
    ),
    State(
        "FL", "Florida", "Florida Department of Revenue", Decimal("6.00"),
        cities={
            "Miami": _city(("Miami-Dade County", "1.00")),
            "Orlando": _city(("Orange County", "0.50")),
        },
    ),
    State(
        "IL", "Illinois", "Illinois Department of Revenue", Decimal("6.25"), by_origin=True,
        cities={
            "Chicago": _city(("Cook County", "1.75"), ("Chicago City", "1.25"),
                             ("Regional Transportation Authority", "1.00")),
            "Springfield": _city(("Sangamon County", "1.00"), ("Springfield City", "2.50")),
        },
    ),
    State("MA", "Massachusetts", "Massachusetts Department of Revenue", Decimal("6.25")),
    State("ME", "Maine", "Maine Revenue Services", Decimal("5.50")),
    State(
        "MN", "Minnesota", "Minnesota Department of Revenue", Decimal("6.875"), shipping=True,
        cities={
            "Duluth": _city(("St. Louis County", "0.50"), ("Duluth City", "1.50")),
            "Minneapolis": _city(("Hennepin County", "0.15"), ("Minneapolis City", "0.50"),
                                 ("Metro Area Transportation", "1.50")),
        },
    ),
    State(
        "NY", "New York", "New York Department of Taxation and Finance", Decimal("4.00"), shipping=True,
        cities={
            "New York": _city(("New York City", "4.50"), ("Metropolitan Commuter District", "0.375")),
            "Albany": _city(("Albany County", "4.00")),
        },
    ),
    State("RI", "Rhode Island", "Rhode Island Division of Taxation", Decimal("7.00"), shipping=True),
    State(
        "TX", "Texas", "Texas Comptroller of Public Accounts", Decimal("6.25"), shipping=True, by_origin=True,
        cities={
            "Austin": _city(("Austin City", "1.00"), ("Austin Transit", "1.00")),
            "Houston": _city(("Houston City", "1.00"), ("Houston Transit", "1.00")),
            "Marfa": _city(("Presidio County", "0.50"), ("Marfa City", "1.50")),
        },
    ),
    State(
        "VT", "Vermont", "Vermont Department of Taxes", Decimal("6.00"), shipping=True,
        cities={"Burlington": _city(("Burlington City", "1.00"))},
    ),
    State(
        "WA", "Washington", "Washington Department of Revenue", Decimal("6.50"), shipping=True,
        cities={
            "Seattle": _city(("Seattle City", "2.45"), ("Regional Transit Authority", "1.40")),
            "Spokane": _city(("Spokane City", "2.50")),
        },
    ),
)  # fmt: skip
_BY_NAME = {name.casefold(): state for state in _STATES for name in (state.code, state.name)}


def state_of(text: str) -> State | None:
    """The state by its code or its name."""
    return _BY_NAME.get(text.strip().casefold())


def city_of(state: State, text: str) -> str | None:
    """The name of the city as it stands in the table, None where the state's own rate is all."""
    wanted = text.strip().casefold()
    return next((name for name in state.cities if name.casefold() == wanted), None)


def levies(state: State, city: str | None) -> tuple[Levy, ...]:
    """Everything that is due at a place, the state's own tax first."""
    return (Levy(f"{state.name} State", state.percent), *(state.cities[city] if city else ()))

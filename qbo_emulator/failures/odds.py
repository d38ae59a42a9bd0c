"""How often a failure happens."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Odds:
    """At most so many times, None for ever; with a probability it decides each time. met is how often it happened."""

    times: int | None
    probability: float | None
    dice: random.Random = field(repr=False)
    met: int = 0

    def strike(self) -> bool:
        """Whether it happens this time."""
        if self.times is not None and self.met >= self.times:
            return False
        if self.probability is not None and self.dice.random() >= self.probability:
            return False
        self.met += 1
        return True

    def give_back(self) -> None:
        """It did not happen after all."""
        self.met -= 1


def odds(given: Mapping[str, Any]) -> Odds:
    """times and probability with a seed, as a rule gives them: at most times, each by the probability; once without both. ValueError says what is wrong."""
    times, probability = number(given, "times", 1, 10**9), number(given, "probability", 0, 1, whole=False)
    seed = given.get("seed")
    if seed is not None and not isinstance(seed, (int, str)):
        raise ValueError("seed: a number or a text")
    return Odds(
        times=1 if times is None and probability is None else times,
        probability=probability,
        dice=random.Random(seed),  # noqa: S311 - repeatable on purpose
    )


def number(given: Mapping[str, Any], name: str, low: float, high: float, whole: bool = True) -> Any:
    """The number that was given, None when there is none; ValueError when it is no number or out of its range."""
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) or not low <= value <= high:
        raise ValueError(f"{name}: a number from {low:g} to {high:g}")
    return value

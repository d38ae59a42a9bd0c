"""Documents for people: PDF and e-mail."""

from collections.abc import Callable, Mapping

from qbo_emulator.api.asked import Answer, Asked

RESOURCES: Mapping[tuple[str, str], Callable[[Asked], Answer]] = {}
ACTIONS: Mapping[tuple[str, str], Callable[[Asked], Answer]] = {}

"""What is open in QuickBooks Online's documents, or useful to turn off, as switches.

Each is also an option of the command line, by its own name: `cap_max_results` is `--cap-max-results`.
"""

from dataclasses import dataclass, field, fields
from typing import Any


def switch(meaning: str) -> Any:
    """A switch that is off at first; meaning says what it does when it is on."""
    return field(default=False, metadata={"help": meaning})


@dataclass
class Switches:
    """What each one does when it is on stands beside it; all are off at first, which is the likelier behaviour."""

    unicode: bool = switch("Take characters outside ISO-8859-1.")
    cap_max_results: bool = switch("Cap MAXRESULTS at 1000 instead of refusing more.")
    case_sensitive_entities: bool = switch("Know an entity in a query by its exact name only.")
    refuse_inactive_with_balance: bool = switch("Keep customers that owe something active (fault 6220).")
    refuse_inactive_with_stock: bool = switch("Keep items with a quantity on hand active (fault 6000), not at zero.")
    xml_refusals: bool = switch("Refuse with XML (401, 403, 429) whatever the client accepts.")
    keep_faulted_request_ids: bool = switch("Remember a fault of the service under its request id and replay it.")
    refuse_repeated_request_ids: bool = switch(
        "Answer a request id that comes again with fault 600, not the first answer."
    )
    store_partial_batches: bool = switch(
        "Remember what a batch did before it timed out; its request id does only the rest."
    )
    keep_connection_on_reused_code: bool = switch("An authorization code used twice leaves its first tokens alone.")
    previous_refresh_token_lives_a_day: bool = switch("A replaced refresh token works for 24 more hours.")
    refresh_tokens_live_100_days: bool = switch("Refresh tokens end after 100 days, though 101 are announced.")
    revoke_on_concurrent_refresh: bool = switch("Two refreshes at once with one token end the connection.")
    void_paid_invoices: bool = switch("Void an invoice with payments; they become unapplied (else fault 6000).")
    closed_without_password: bool = switch("Closed books refuse with fault 6200 instead of 6210.")
    zero_tax_overrides: bool = switch(
        "A TotalTax of 0 is an override too; python-quickbooks sends it with every tax code."
    )
    unchanged_tax_is_recomputed: bool = switch("A TotalTax sent back as it was read is computed again, no override.")
    cdc_look_back: bool = switch("Refuse a changedSince that is more than 30 days ago.")
    cdc_total_count: bool = switch("Write totalCount into the groups of change data capture.")
    request_id_retention: int | None = field(
        default=None, metadata={"help": "Seconds for which request ids are remembered; for ever without it."}
    )

    def change(self, values: dict[str, Any]) -> None:
        """Set some of them; ValueError when one is unknown or its value is not of its kind."""
        known = {field.name: field.default for field in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"{name}: one of {', '.join(sorted(known))}")
            if known[name] is False and not isinstance(value, bool):
                raise ValueError(f"{name}: true or false")
            if known[name] is None and not _is_seconds(value):
                raise ValueError(f"{name}: a whole number of seconds up to 10000000000, or null")
        for name, value in values.items():
            setattr(self, name, value)


def _is_seconds(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10**10)

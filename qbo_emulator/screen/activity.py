"""What the connected apps just did, and what happens to them: the page that stays open beside an ERP."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from qbo_emulator.screen.connections import span
from qbo_emulator.screen.desk import Desk

MOST_CALLS = 100
MOST_DELIVERIES = 20
MOST_EVENTS = 3
REFRESH_SECONDS = 5
STEPS = ((3600, "1 hour"), (24 * 3600, "1 day"), (26 * 3600, "26 hours"))


def _call(call: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    start = f"/v3/company/{call['realm']}"
    path = str(call["path"]).removeprefix(start) or "/"
    return {**call, "at": _moment(call["at"]), "company": names.get(call["realm"], "Unknown company"), "path": path}


def _moment(at: str) -> str:
    return at[:19].replace("T", " ")


def _deliveries(shown: Mapping[str, Any]) -> list[dict[str, Any]]:
    waiting = {one["id"]: one for one in shown["pending"]["next"]}
    known = [_delivery(one, waiting.pop(one["id"], None)) for one in shown["deliveries"]]
    never = [{"id": one["id"], "at": "", "state": one["state"], "count": one["events"], "events": "", "attempts": 0,
              "outcome": "", "due": _due(one)} for one in waiting.values()]  # fmt: skip
    return [*never, *reversed(known)][:MOST_DELIVERIES]


def _delivery(one: Mapping[str, Any], waits: Mapping[str, Any] | None) -> dict[str, Any]:
    last: Mapping[str, Any] = one["attempts"][-1] if one["attempts"] else {}
    outcome = str(last.get("status") or last.get("error") or "")
    return {
        "id": one["id"], "at": _moment(one["at"]), "state": one["state"], "count": len(one["events"]),
        "events": _events(one["events"]), "attempts": len(one["attempts"]), "outcome": outcome,
        "due": "" if waits is None else _due(waits),
    }  # fmt: skip


def _events(events: Sequence[Mapping[str, Any]]) -> str:
    words = [f"{one['entity']} {one['object_id']} {one['operation']}" for one in events[:MOST_EVENTS]]
    if len(events) > MOST_EVENTS:
        words.append(f"{len(events) - MOST_EVENTS} more")
    return ", ".join(words)


def _due(one: Mapping[str, Any]) -> str:
    seconds = int(one["due_in_seconds"])
    return "now" if seconds < 1 else f"in {seconds} s" if seconds < 60 else f"in {span(seconds)}"


def _rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    match = [f"{name} {value}" for name, value in (rule.get("match") or {}).items() if value]
    often = "once" if rule["times"] == 1 else f"{rule['times']} times" if rule["times"] else ""
    if rule["probability"] is not None:
        often = ", at most ".join(filter(None, (f"{rule['probability']:.0%} of the time", often)))
    return {
        "id": rule["id"], "name": rule.get("name") or rule["action"], "status": rule.get("status"),
        "match": ", ".join(match), "often": often or "always", "met": rule["met"],
        "over": rule["times"] is not None and rule["met"] >= rule["times"],
    }  # fmt: skip


def _used(limits: Mapping[str, Any], names: Mapping[str, str]) -> list[dict[str, Any]]:
    figures = (
        ("requests_in_the_last_second", "requests_per_second"), ("requests_in_the_last_minute", "requests_per_minute"),
        ("batches_in_the_last_minute", "batches_per_minute"), ("emails_today", "emails_per_day"),
    )  # fmt: skip
    return [
        {
            "company": names.get(realm, f"Unknown company {realm}"),
            "used": [f"{one[used]} of {limits[most]}" for used, most in figures],
            "refused": sum(one["refused"].values()),
        }
        for realm, one in limits["companies"].items()
    ]


def _clock(now: datetime) -> tuple[str, str]:
    """The clock, and how far it is from the real time in words."""
    ahead = round((now - datetime.now(UTC)).total_seconds())
    far = "the real time" if abs(ahead) < 2 else f"{span(abs(ahead))} {'ahead of' if ahead > 0 else 'behind'} real time"
    return f"{now:%Y-%m-%d %H:%M:%S}", far


def _refreshing() -> bool:
    return bool(request.values.get("refresh"))


def show(desk: Desk, refusal: str = "") -> str | tuple[str, int]:
    """The page; with a refusal its status is 400."""
    emulator = desk.emulator
    names = dict(emulator.companies())
    now = emulator.store.now()
    limits = emulator.limits.public(time.monotonic(), now)
    webhooks = emulator.webhooks.public()
    page = render_template(
        "emulator/activity.html",
        calls=[_call(one, names) for one in reversed(emulator.calls.public(MOST_CALLS))],
        webhooks=webhooks,
        deliveries=_deliveries(webhooks),
        rules=[_rule(one) for one in emulator.faults.public()],
        mishaps=[_rule(one) for one in emulator.webhooks.mishaps.public()],
        limits=limits,
        used=_used(limits, names),
        clock=_clock(now),
        steps=STEPS,
        refresh=REFRESH_SECONDS if _refreshing() else 0,
        every=REFRESH_SECONDS,
        most=MOST_CALLS,
        refusal={"sentence": refusal} if refusal else None,
    )
    return (page, 400) if refusal else page


def register(pages: Blueprint, desk: Desk) -> None:
    """The page /activity and its buttons."""

    def back(said: str) -> Response:
        flash(said)
        return redirect(url_for("screen.activity", refresh=1 if _refreshing() else None))

    @pages.get("/activity", endpoint="activity")
    def activity() -> str | tuple[str, int]:
        return show(desk)

    @pages.post("/activity/webhooks")
    def send_webhooks() -> Response:
        desk.emulator.webhooks.flush()
        return back("Everything that waits is on its way, without pauses.")

    @pages.post("/activity/rules/<int:rule_id>")
    def remove_rule(rule_id: int) -> Response:
        return back("The rule is gone." if desk.emulator.faults.remove(rule_id) else "That rule was gone already.")

    @pages.post("/activity/rules/webhooks")
    def remove_webhook_rules() -> Response:
        desk.emulator.webhooks.mishaps.clear()
        return back("The rules for webhooks are gone.")

    @pages.post("/activity/clock")
    def move_clock() -> Response | tuple[str, int] | str:
        steps = {str(seconds): words for seconds, words in STEPS}
        wanted = request.form.get("seconds", "")
        if wanted not in steps:
            return show(desk, "Choose one of the steps.")
        try:
            desk.emulator.store.advance(int(wanted))
        except ValueError:
            return show(desk, "The clock cannot go beyond the year 2100.")
        return back(f"The clock is {steps[wanted]} later.")

"""The bell rings after a commit that made messages due, exactly then."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session, sessionmaker

from erp_core.jobs import outbox
from erp_core.models import Actor
from tests.core.jobs.box import Outbox


@pytest.fixture
def rings(box: Outbox):
    """One entry for each ring: the states of invoice:1 as another transaction sees them at that moment."""
    seen: list[list[str]] = []
    unsubscribe = outbox.on_commit(lambda: seen.append(box.states("invoice:1")))
    yield seen
    unsubscribe()


def test_it_rings_when_others_can_see_the_wish(box: Outbox, rings, sessions: sessionmaker[Session]):
    with sessions() as session:
        box.wish(session, "invoice:1")
        box.wish(session, "invoice:2")
        session.flush()
        assert rings == []
        session.commit()
    assert rings == [["pending"]]


def test_it_does_not_ring_after_a_rollback_nor_for_the_next_commit(box: Outbox, rings, sessions):
    with sessions() as session:
        box.wish(session, "invoice:1")
        session.rollback()
        outbox.counts(session)
        session.commit()
    assert rings == []


def test_a_commit_without_a_wish_does_not_ring(box: Outbox, rings, sessions):
    with sessions() as session:
        outbox.counts(session)
        session.commit()
    assert rings == []


def test_a_wish_in_a_savepoint_rings_after_the_outermost_commit(box: Outbox, rings, sessions):
    with sessions() as session:
        with session.begin_nested(), session.begin_nested():
            box.wish(session, "invoice:1")
        assert rings == []
        session.commit()
    assert rings == [["pending"]]


def test_a_wish_whose_savepoint_was_rolled_back_does_not_ring(box: Outbox, rings, sessions):
    with sessions() as session:
        savepoint = session.begin_nested()
        with session.begin_nested():
            box.wish(session, "invoice:1")
        savepoint.rollback()
        session.commit()
    assert rings == []


def test_a_wish_beside_a_savepoint_that_was_rolled_back_rings(box: Outbox, rings, sessions):
    with sessions() as session:
        box.wish(session, "invoice:1")
        savepoint = session.begin_nested()
        box.wish(session, "invoice:2")
        savepoint.rollback()
        session.commit()
    assert rings == [["pending"]]


def test_releasing_and_sending_again_ring(box: Outbox, rings):
    message = box.put("invoice:1")
    box.call(outbox.hold, plugin="echo", instance_id=None, reason="Off.")
    box.call(outbox.release, plugin="echo", instance_id=None)
    box.call(outbox.send_again, message, Actor(name="Ana"))
    box.call(outbox.release_stream, "line:1")
    assert len(rings) == 4


def test_a_listener_that_fails_does_not_disturb_the_commit(box: Outbox, rings):
    def broken() -> None:
        raise RuntimeError("broken")

    unsubscribe = outbox.on_commit(broken)
    box.put("invoice:1")
    unsubscribe()
    assert box.states("invoice:1") == ["pending"]


def test_an_unsubscribed_listener_hears_nothing(box: Outbox):
    heard: list[bool] = []
    outbox.on_commit(lambda: heard.append(True))()
    box.put("invoice:1")
    assert heard == []

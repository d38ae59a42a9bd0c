"""Numbers without gaps and without twins, whoever takes them at once."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.orm import Session, sessionmaker

from erp_core.errors import NotFound
from erp_core.services import numbering
from tests.core.services.shop import Shop

PROCESS = """
import sys
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from erp_core.extensions import configure_engine
from erp_core.services import numbering

engine = create_engine(sys.argv[1])
configure_engine(engine)
for _ in range(20):
    with Session(engine) as session, session.begin():
        sys.stdout.write(numbering.take(session, int(sys.argv[2]), "invoice") + "\\n")
"""


def test_numbers_count_from_one_and_each_kind_by_itself(session: Session, shop: Shop) -> None:
    invoices = [numbering.take(session, shop.instance.id, "invoice") for _ in range(3)]
    assert invoices == ["INV-0001", "INV-0002", "INV-0003"]
    assert numbering.take(session, shop.instance.id, "payment") == "PAY-0001"


def test_a_number_that_was_rolled_back_is_given_out_again(session: Session, shop: Shop) -> None:
    numbering.take(session, shop.instance.id, "invoice")
    session.rollback()
    assert numbering.take(session, shop.instance.id, "invoice") == "INV-0001"


def test_a_number_that_was_rolled_back_to_a_savepoint_is_given_out_again(session: Session, shop: Shop) -> None:
    savepoint = session.begin_nested()
    numbering.take(session, shop.instance.id, "invoice")
    savepoint.rollback()
    assert numbering.take(session, shop.instance.id, "invoice") == "INV-0001"


def test_an_instance_without_series_says_so(session: Session, shop: Shop) -> None:
    with pytest.raises(NotFound, match="no numbers for invoices"):
        numbering.take(session, shop.instance.id + 1, "invoice")


def test_threads_that_take_and_give_back_at_once_leave_no_gap_and_no_twin(
    sessions: sessionmaker[Session], shop: Shop
) -> None:
    def take(turn: int) -> list[str]:
        kept = []
        for again in range(10):
            with sessions() as session:
                number = numbering.take(session, shop.instance.id, "invoice")
                if (turn + again) % 4 == 0:
                    session.rollback()
                else:
                    session.commit()
                    kept.append(number)
        return kept

    with ThreadPoolExecutor(8) as threads:
        numbers = sorted(number for kept in threads.map(take, range(8)) for number in kept)
    assert numbers == [f"INV-{number:04d}" for number in range(1, 61)]


def test_processes_that_take_at_once_leave_no_gap_and_no_twin(database_url: str, shop: Shop) -> None:
    arguments = [sys.executable, "-W", "error", "-c", PROCESS, database_url, str(shop.instance.id)]
    processes = [subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    answers = [process.communicate(timeout=50)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sorted("".join(answers).split()) == [f"INV-{number:04d}" for number in range(1, 61)]

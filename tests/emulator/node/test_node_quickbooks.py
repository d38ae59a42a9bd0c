"""A second client, in another language and by other people, agrees with the emulator: node-quickbooks."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from qbo_emulator.testing import RunningEmulator
from tests.emulator.node import runtime

SCRIPT = Path(__file__).with_name("client.js")
SECONDS = 60


@pytest.fixture(scope="module")
def seen(qbo_emulator: RunningEmulator) -> dict[str, Any]:
    """Everything that the client did, once for all tests here."""
    node = runtime.node()
    assert node is not None, "There is no Node for this test. Run: make node"
    assert runtime.installed(), "The package node-quickbooks is not installed. Run: make node"
    qbo_emulator.reset()
    environment = {
        **os.environ,
        "NODE_PATH": str(runtime.MODULES),
        "NODE_ENV": "production",
        "NO_PROXY": "127.0.0.1",
        "QBO_URL": qbo_emulator.url,
        "QBO_CONNECTION": json.dumps(qbo_emulator.connection()),
    }
    done = subprocess.run(
        [node, str(SCRIPT)], env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


def names(answer: dict[str, Any], entity: str, member: str) -> list[str]:
    """One member of each row of a query."""
    return [row[member] for row in answer["QueryResponse"][entity]]


def test_it_connects_and_refreshes_its_token(seen):
    assert seen["company"]["CompanyName"] == "Harbor & Pine Provisions LLC"
    assert seen["preferences"]["CurrencyPrefs"]["HomeCurrency"]["value"] == "USD"
    assert seen["refreshed"]["expires_in"] == 3600
    assert seen["after_refresh"]["CompanyName"] == seen["company"]["CompanyName"]


def test_its_queries_are_understood(seen):
    assert names(seen["all"], "Customer", "DisplayName") == [
        "Blue Door Bistro", "Juniper Market", "O'Malley's Grocery", "Saltbox Cafe",
    ]  # fmt: skip
    assert seen["counted"]["QueryResponse"]["totalCount"] == 4
    assert names(seen["quoted"], "Customer", "DisplayName") == ["O'Malley's Grocery"]
    assert names(seen["like"], "Customer", "DisplayName") == ["Saltbox Cafe"]
    assert sorted(names(seen["in"], "Item", "Name")) == ["Dried Apricots 1lb", "Trail Mix (Classic)"]
    assert names(seen["newest"], "Invoice", "DocNumber") == ["HP-1002"]
    assert len(names(seen["plain"], "Item", "Name")) == 1
    assert seen["wrong"] == {"fault": "4001", "status": 400}


def test_what_it_creates_is_created_once(seen):
    assert seen["customer"]["SyncToken"] == "0"
    assert (seen["invoice"]["TotalAmt"], seen["invoice"]["DocNumber"]) == (19.5, "N-1")
    assert seen["again"] == seen["invoice"] == seen["read"]
    assert seen["duplicate"] == {"fault": "6140", "status": 400}
    assert seen["allowed"]["Id"] != seen["invoice"]["Id"]
    assert seen["missing"] == {"fault": "610", "status": 400}
    assert seen["taken"] == {"fault": "6240", "status": 400}


def test_its_sparse_updates_change_what_they_name(seen):
    changed = seen["changed"]
    assert (changed["Notes"], changed["SyncToken"]) == ("sparse by default", "1")
    assert changed["DisplayName"] == "Node & Sons"
    assert seen["stale"] == {"fault": "5010", "status": 400}
    assert (seen["memo"]["PrivateNote"], seen["memo"]["TotalAmt"]) == ("from Node", 19.5)


def test_payments_and_invoices_are_voided_and_deleted(seen):
    assert (seen["payment"]["TotalAmt"], seen["payment"]["UnappliedAmt"]) == (19.5, 0)
    assert seen["paid"]["Balance"] == 0
    assert [link["TxnType"] for link in seen["paid"]["LinkedTxn"]] == ["Payment"]
    assert (seen["payment_voided"]["TotalAmt"], seen["payment_voided"]["PrivateNote"]) == (0, "Voided")
    assert (seen["open_again"]["Balance"], seen["open_again"]["LinkedTxn"]) == (19.5, [])
    voided = seen["voided"]["Invoice"]
    assert (voided["TotalAmt"], voided["Balance"]) == (0, 0)
    assert voided["PrivateNote"].startswith("Voided")
    assert seen["deleted"]["Invoice"]["status"] == "Deleted"
    assert seen["gone"] == {"fault": "610", "status": 400}


def test_its_batches_hold_creates_faults_queries_and_voids(seen):
    items = {item["bId"]: item for item in seen["batch"]["BatchItemResponse"]}
    assert [items[number]["Customer"]["DisplayName"] for number in "123"] == [f"Node batch {n}" for n in (1, 2, 3)]
    assert items["4"]["Fault"]["Error"][0]["code"] == "6240"
    assert names(items["5"], "Customer", "DisplayName") == ["Saltbox Cafe"]
    (voided,) = seen["batch_void"]["BatchItemResponse"]
    assert (voided["Payment"]["TotalAmt"], voided["Payment"]["PrivateNote"]) == (0, "Voided")
    assert seen["too_many"] == {"fault": "1040", "status": 400}


def test_its_change_data_capture_has_an_element_for_each_entity(seen):
    elements = seen["cdc"]["CDCResponse"][0]["QueryResponse"]
    assert len(elements) == 4
    customers, vendors, invoices, estimates = elements
    assert seen["customer"]["Id"] in {row["Id"] for row in customers["Customer"]}
    assert vendors["Vendor"]
    assert estimates == {}
    deleted = invoices["Invoice"][-1]
    assert (deleted["status"], deleted["Id"]) == ("Deleted", seen["allowed"]["Id"])


def test_every_entity_is_found_by_the_name_that_it_uses(seen):
    refused = {entity: answer for entity, answer in seen["found"].items() if not isinstance(answer, list)}
    assert not refused
    assert "Invoice" in seen["found"]["Invoices"]
    assert "TaxCode" in seen["found"]["TaxCodes"]
    assert int(seen["service"]["TaxCodeId"]) > 0


def test_a_file_is_uploaded_and_then_linked(seen):
    uploaded = seen["uploaded"]
    assert (uploaded["FileName"], uploaded["ContentType"], uploaded["SyncToken"]) == ("note.txt", "text/plain", "1")
    (row,) = seen["attached"]["QueryResponse"]["Attachable"]
    assert row["Size"] == len("from Node")
    assert row["AttachableRef"][0]["EntityRef"] == {"value": seen["again"]["Id"], "type": "Invoice"}


def test_invoices_are_sent_and_printed(seen):
    assert seen["sent"]["EmailStatus"] == "EmailSent"
    assert seen["sent"]["BillEmail"]["Address"] == "pay@node.example"
    assert seen["pdf"] == "%PDF-"

"""What python-quickbooks can do with any entity works, with nothing but its public methods."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from quickbooks import QuickBooks
from quickbooks.batch import batch_create, batch_delete, batch_update
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import ObjectNotFoundException, QuickbooksException, UnsupportedException

from tests.emulator.library.cases import CASES, Case, Kit

STALE = 5010
UNTYPED = {"Id", "CreditCardPayment", "CustomerMemo", "DeliveryInfo"}  # objects that the library leaves to its user
MARKED = {"Customer", "Vendor", "Employee", "Account", "Item"}  # what is known to get " (deleted)" when it is closed


def cases(wanted: Callable[[Case], object] = lambda _: True) -> pytest.MarkDecorator:
    """One test for each entity that can do it."""
    chosen = [case for case in CASES if wanted(case)]
    return pytest.mark.parametrize("case", chosen, ids=[case.entity for case in chosen])


def plain(obj: Any) -> Any:
    """An object of the library as plain data."""
    return obj.to_dict()


@cases()
def test_it_is_created_and_read_back_the_same(qb: QuickBooks, kit: Kit, case: Case) -> None:
    saved = case.make(kit).save(qb=qb)
    assert int(saved.Id) > 0
    assert saved.SyncToken == "0"
    assert saved.domain == "QBO"
    assert saved.sparse is False
    read = case.cls.get(saved.Id, qb=qb)
    assert type(read) is case.cls
    assert plain(read) == plain(saved)


@cases()
def test_every_member_that_the_library_declares_is_taken_when_it_is_empty(qb: QuickBooks, kit: Kit, case: Case) -> None:
    made = case.make(kit)
    for member, kind in made.class_dict.items():
        if getattr(made, member, None) is None:
            setattr(made, member, kind())
    for member, value in vars(made).items():
        if value is None and member not in UNTYPED and not member.startswith("_"):
            setattr(made, member, "")
    made.FileName = None  # a name makes the library expect the answer of an upload
    saved = made.save(qb=qb)
    assert plain(case.cls.get(saved.Id, qb=qb)) == plain(saved)


@cases()
def test_every_way_to_query_finds_it(qb: QuickBooks, kit: Kit, case: Case) -> None:
    saved = case.make(kit).save(qb=qb)
    before = case.cls.count(qb=qb)
    other = case.make(kit).save(qb=qb)
    assert case.cls.count(qb=qb) == before + 1
    assert case.cls.count(f"Id = '{saved.Id}'", qb=qb) == 1
    assert {saved.Id, other.Id} <= {found.Id for found in case.cls.all(max_results=1000, qb=qb)}
    assert len(case.cls.all(max_results=1, qb=qb)) == 1
    assert [found.Id for found in case.cls.filter(Id=saved.Id, qb=qb)] == [saved.Id]
    assert [found.Id for found in case.cls.where(f"Id IN ('{saved.Id}')", max_results=10, qb=qb)] == [saved.Id]
    assert {found.Id for found in case.cls.choose([saved.Id, other.Id], qb=qb)} == {saved.Id, other.Id}
    statement = f"SELECT * FROM {case.entity} WHERE Id = '{other.Id}' STARTPOSITION 1 MAXRESULTS 5"
    assert [plain(found) for found in case.cls.query(statement, qb=qb)] == [plain(case.cls.get(other.Id, qb=qb))]
    assert case.cls.where("Id = '999999999'", qb=qb) == []
    assert case.cls.count("Id = '999999999'", qb=qb) == 0


@cases()
def test_the_newest_change_comes_first_when_asked_for(qb: QuickBooks, kit: Kit, case: Case) -> None:
    case.make(kit).save(qb=qb)
    found = case.cls.where("MetaData.LastUpdatedTime > '2020-01-01'", order_by="MetaData.LastUpdatedTime DESC", qb=qb)
    times = [datetime.fromisoformat(row.to_dict()["MetaData"]["LastUpdatedTime"]) for row in found]
    assert times
    assert times == sorted(times, reverse=True)


@cases(lambda case: case.change)
def test_what_was_read_can_be_changed_and_saved(qb: QuickBooks, kit: Kit, case: Case) -> None:
    member, value = case.change or ("", None)
    saved = case.make(kit).save(qb=qb)
    read = case.cls.get(saved.Id, qb=qb)
    setattr(read, member, value)
    changed = read.save(qb=qb)
    assert (changed.Id, changed.SyncToken, getattr(changed, member)) == (saved.Id, "1", value)
    assert plain(case.cls.get(saved.Id, qb=qb)) == plain(changed)
    ignored = {member, "SyncToken", "MetaData", "FullyQualifiedName"}
    before, after = plain(saved), plain(changed)
    assert {name: after[name] for name in before if name not in ignored} == {
        name: before[name] for name in before if name not in ignored
    }
    with pytest.raises(QuickbooksException) as stale:
        read.save(qb=qb)
    assert stale.value.error_code == STALE


@cases(lambda case: case.request_id)
def test_a_repeated_request_id_makes_it_once(qb: QuickBooks, kit: Kit, case: Case) -> None:
    first, second = case.make(kit), case.make(kit)
    before = case.cls.count(qb=qb)
    saved = first.save(qb=qb, request_id="one-and-only")
    again = second.save(qb=qb, request_id="one-and-only")
    assert plain(again) == plain(saved)
    assert case.cls.count(qb=qb) == before + 1


@cases(lambda case: case.deletes)
def test_a_deleted_one_is_gone(qb: QuickBooks, kit: Kit, case: Case) -> None:
    saved = case.make(kit).save(qb=qb)
    assert saved.delete(qb=qb)[case.entity] == {"domain": "QBO", "status": "Deleted", "Id": saved.Id}
    with pytest.raises(ObjectNotFoundException):
        case.cls.get(saved.Id, qb=qb)
    assert case.cls.filter(Id=saved.Id, qb=qb) == []
    with pytest.raises(ObjectNotFoundException):
        saved.delete(qb=qb)


@cases(lambda case: case.deletes)
def test_deleting_with_an_old_token_is_stale(qb: QuickBooks, kit: Kit, case: Case) -> None:
    saved = case.make(kit).save(qb=qb)
    read = case.cls.get(saved.Id, qb=qb)
    setattr(read, *case.change or ())
    read.save(qb=qb)
    with pytest.raises(QuickbooksException) as stale:
        saved.delete(qb=qb)
    assert stale.value.error_code == STALE
    assert case.cls.get(saved.Id, qb=qb)


@cases(lambda case: case.name)
def test_a_name_is_made_inactive_instead_of_deleted(qb: QuickBooks, kit: Kit, case: Case) -> None:
    saved = case.make(kit).save(qb=qb)
    body = f'{{"Id": "{saved.Id}", "SyncToken": "{saved.SyncToken}"}}'
    with pytest.raises(UnsupportedException):
        qb.delete_object(case.entity, body)
    name = getattr(saved, case.name)
    saved.Active = False
    closed = saved.save(qb=qb)
    assert closed.Active is False
    assert getattr(closed, case.name) in (
        {f"{name} (deleted)"} if case.entity in MARKED else {name, f"{name} (deleted)"}
    )
    assert case.cls.filter(Id=saved.Id, qb=qb) == []
    assert [found.Id for found in case.cls.filter(Id=saved.Id, Active=False, qb=qb)] == [saved.Id]
    assert saved.Id in {found.Id for found in case.cls.where("Active IN (true, false)", max_results=1000, qb=qb)}
    closed.Active = True
    setattr(closed, case.name, name)
    assert getattr(closed.save(qb=qb), case.name) == name
    assert [found.Id for found in case.cls.filter(Id=saved.Id, Active=True, qb=qb)] == [saved.Id]


@cases(lambda case: case.name)
def test_a_name_is_taken_once(qb: QuickBooks, kit: Kit, case: Case) -> None:
    saved = case.make(kit).save(qb=qb)
    other = case.make(kit)
    for member in ("GivenName", "FamilyName"):
        if hasattr(other, member):
            setattr(other, member, getattr(saved, member))
    setattr(other, case.name, getattr(saved, case.name).upper())
    with pytest.raises(QuickbooksException) as taken:
        other.save(qb=qb)
    assert taken.value.error_code == 6240


@cases(lambda case: case.voids)
def test_a_voided_one_stays_with_nothing_in_it(qb: QuickBooks, kit: Kit, case: Case) -> None:
    saved = case.make(kit).save(qb=qb)
    assert saved.TotalAmt > 0
    answer = saved.void(qb=qb)[case.entity]
    assert (answer["Id"], answer["TotalAmt"]) == (saved.Id, 0)
    assert "Voided" in answer["PrivateNote"]
    voided = case.cls.get(saved.Id, qb=qb)
    assert (voided.TotalAmt, voided.SyncToken) == (0, "1")
    with pytest.raises(QuickbooksException) as stale:
        saved.void(qb=qb)
    assert stale.value.error_code == STALE


@cases(lambda case: case.sends)
@pytest.mark.parametrize("address", ["pay@junipermarket.example", "a+b@junipermarket.example"])
def test_it_is_sent_by_email(qb: QuickBooks, kit: Kit, case: Case, address: str) -> None:
    saved = case.make(kit).save(qb=qb)
    answer = saved.send(qb=qb, send_to=address)[case.entity]
    assert answer["EmailStatus"] == "EmailSent"
    sent = case.cls.get(saved.Id, qb=qb).to_dict()
    assert sent["EmailStatus"] == "EmailSent"
    assert sent["DeliveryInfo"]["DeliveryType"] == "Email"
    if case.entity != "PurchaseOrder":
        assert sent["BillEmail"]["Address"] == address


@cases(lambda case: case.pdf)
def test_its_pdf_is_a_pdf(qb: QuickBooks, kit: Kit, case: Case) -> None:
    saved = case.make(kit).save(qb=qb)
    content = saved.download_pdf(qb=qb)
    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")
    saved.Id = "987654"
    with pytest.raises(ObjectNotFoundException):
        saved.download_pdf(qb=qb)


@pytest.mark.parametrize("entity", ["CreditMemo", "Payment", "RefundReceipt", "PurchaseOrder"])
def test_there_are_pdfs_that_the_library_has_no_method_for(qb: QuickBooks, kit: Kit, entity: str) -> None:
    case = next(case for case in CASES if case.entity == entity)
    assert qb.download_pdf(entity, case.make(kit).save(qb=qb).Id).startswith(b"%PDF-")


@cases(lambda case: case.batch)
def test_batches_create_change_and_delete_it(qb: QuickBooks, kit: Kit, case: Case) -> None:
    before = case.cls.count(qb=qb)
    answer = batch_create([case.make(kit) for _ in range(3)], qb=qb)
    assert answer.faults == []
    assert [made.SyncToken for made in answer.successes] == ["0"] * 3
    made = [case.cls.get(row.Id, qb=qb) for row in answer.successes]
    assert case.cls.count(qb=qb) >= before + 3
    if case.change is None:
        return
    member, value = case.change
    if member == "Name":
        made = made[:1]
    for row in made:
        setattr(row, member, value)
    changed = batch_update(made, qb=qb)
    assert changed.faults == []
    assert [(row.SyncToken, getattr(row, member)) for row in changed.successes] == [("1", value)] * len(made)
    old = batch_update(made, qb=qb)
    assert [fault.Error[0].code for fault in old.faults] == [str(STALE)] * len(made)
    if not case.deletes:
        return
    assert batch_delete(changed.successes, qb=qb).faults == []
    for row in made:
        with pytest.raises(ObjectNotFoundException):
            case.cls.get(row.Id, qb=qb)


@cases(lambda case: case.cdc)
def test_change_data_capture_tells_of_it(qb: QuickBooks, kit: Kit, case: Case) -> None:
    since = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="seconds")
    saved = case.make(kit).save(qb=qb)
    changes = getattr(change_data_capture([case.cls], since, qb=qb), case.entity)
    found = next(row for row in changes if row.Id == saved.Id)
    assert plain(found) == plain(case.cls.get(saved.Id, qb=qb))
    if not case.deletes:
        return
    saved.delete(qb=qb)
    changes = getattr(change_data_capture([case.cls], since, qb=qb), case.entity)
    gone = list(changes)[-1].to_dict()
    assert (gone["Id"], gone["status"], gone["domain"]) == (saved.Id, "Deleted", "QBO")
    assert gone["MetaData"]["LastUpdatedTime"]


@cases()
def test_one_that_is_not_there_is_not_found(qb: QuickBooks, case: Case) -> None:
    with pytest.raises(ObjectNotFoundException):
        case.cls.get("987654", qb=qb)

"""Notes and files: metadata, uploads of several files, links that work for fifteen minutes, downloads."""

import base64
import json
from urllib.parse import urlsplit

import pytest
import requests
from quickbooks.objects.attachable import Attachable
from quickbooks.objects.base import AttachableRef

from qbo_emulator.api import attachments, multipart
from qbo_emulator.api.asked import Asked
from tests.emulator.conftest import error_of

HUNDRED_MEGABYTES = 100 * 1024 * 1024


def link(kind, object_id):
    return {"EntityRef": {"type": kind, "value": object_id}}


def metadata(**members):
    return (None, json.dumps(members), "application/json")


def upload(qbo, files):
    return qbo.session.post(qbo.url("upload"), files=files, timeout=60)


def answers(qbo, files):
    answer = upload(qbo, files)
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {"AttachableResponse", "time"}
    return answer.json()["AttachableResponse"]


def one(qbo, content=b"%PDF-1.4 bytes", name="terms.pdf", **members):
    files = {"file_metadata_01": metadata(FileName=name, ContentType="application/pdf", **members)}
    (answer,) = answers(qbo, {**files, "file_content_01": (name, content, "application/pdf")})
    return answer["Attachable"]


def test_a_note_is_made_read_changed_queried_and_deleted(qbo):
    invoice = qbo.first("Invoice")
    made = qbo.create("Attachable", {"Note": "Ask twice", "AttachableRef": [link("Invoice", invoice["Id"])]})
    assert made["AttachableRef"] == [{**link("Invoice", invoice["Id"]), "IncludeOnSend": False}]
    assert "TempDownloadUri" not in made
    assert qbo.get(f"attachable/{made['Id']}").json()["Attachable"] == made
    statement = "select * from Attachable where AttachableRef.EntityRef.Type = 'invoice'"
    assert qbo.rows(f"{statement} and AttachableRef.EntityRef.value = '{invoice['Id']}'") == [made]
    assert qbo.rows(f"{statement} and AttachableRef.EntityRef.value = '9999'") == []
    key = {"Id": made["Id"], "SyncToken": "0", "sparse": True}
    assert qbo.create("Attachable", {**key, "Note": "Ask once"})["Note"] == "Ask once"
    gone = qbo.post("attachable", {"Id": made["Id"], "SyncToken": "1"}, operation="delete").json()
    assert gone["Attachable"]["status"] == "Deleted"
    assert error_of(qbo.get(f"attachable/{made['Id']}"))["code"] == "610"


def test_a_path_through_a_list_leads_into_every_member(qbo):
    links = [link("Customer", "1"), link("Customer", "2")]
    qbo.create("Attachable", {"Note": "n", "AttachableRef": links})
    (row,) = qbo.rows("SELECT AttachableRef.EntityRef.value FROM Attachable")
    assert row["AttachableRef"] == [{"EntityRef": {"value": "1"}}, {"EntityRef": {"value": "2"}}]
    (invoice, *_) = qbo.rows("SELECT Line.SalesItemLineDetail.Qty FROM Invoice")
    assert {"SalesItemLineDetail": {"Qty": 10}} in invoice["Line"]


def test_a_file_among_the_changes_can_be_fetched(qbo):
    one(qbo, b"fresh")
    group = qbo.get("cdc", entities="Attachable", changedSince="2020-01-01").json()["CDCResponse"][0]
    (found,) = group["QueryResponse"][0]["Attachable"]
    assert requests.get(found["TempDownloadUri"], timeout=30).content == b"fresh"


def test_a_note_needs_words_and_something_that_exists(qbo):
    assert qbo.fault("attachable", {"Category": "Image"})["code"] == "2020"
    assert qbo.fault("attachable", {"Note": "n", "AttachableRef": [link("Lotus", "1")]})["code"] == "6050"
    assert qbo.fault("attachable", {"Note": "n", "AttachableRef": [link("CompanyInfo", "1")]})["code"] == "6050"
    assert qbo.fault("attachable", {"Note": "n", "AttachableRef": [{"EntityRef": {"value": "1"}}]})["code"] == "2020"
    assert qbo.fault("attachable", {"Note": "n", "AttachableRef": [link("Estimate", "75")]})["Detail"] == (
        "Business Validation Error: The entity Estimate 75 that you are trying to link does not exist. Estimate 75"
    )
    assert qbo.fault("attachable", {"Note": "n", "Category": "Poem"})["code"] == "2170"
    assert qbo.create("Attachable", {"Note": "n", "Lotus": 1, "AttachableRef": [{"Petal": 1}]})["Note"] == "n"


def test_an_uploaded_file_comes_back_byte_by_byte(qbo):
    content = bytes(range(256)) * 40 + b"\r\n--not-the-boundary\r\n"
    made = one(qbo, content, name="naïve plan.pdf", AttachableRef=[link("Customer", "1")])
    assert (made["Size"], made["FileName"], made["ContentType"]) == (len(content), "naïve plan.pdf", "application/pdf")
    assert made["FileAccessUri"] == f"/v3/company/{qbo.realm}/download/{made['Id']}"
    fetched = requests.get(made["TempDownloadUri"], timeout=30)
    assert (fetched.status_code, fetched.content) == (200, content)
    assert fetched.headers["Content-Type"] == "application/pdf"
    assert fetched.headers["Content-Disposition"].startswith("attachment")
    text = qbo.get(f"download/{made['Id']}")
    assert text.headers["Content-Type"].startswith("text/plain")
    assert requests.get(text.text, timeout=30).content == content
    (found,) = qbo.rows("SELECT * FROM Attachable WHERE FileName = 'naïve plan.pdf'")
    assert requests.get(found["TempDownloadUri"], timeout=30).content == content


def test_a_link_to_a_file_works_for_fifteen_minutes(emulator, qbo):
    uri = one(qbo)["TempDownloadUri"]
    emulator.advance(14 * 60)
    assert requests.get(uri, timeout=30).status_code == 200
    emulator.advance(2 * 60)
    late = requests.get(uri, timeout=30)
    assert (late.status_code, "Request has expired" in late.text) == (403, True)
    fresh = qbo.get("attachable/1").json()["Attachable"]["TempDownloadUri"]
    assert requests.get(fresh, timeout=30).status_code == 200
    parts = urlsplit(fresh)
    for query in ("", "expires=99999999999&signature=0", parts.query.replace("expires=", "expires=9"), "expires=x"):
        assert requests.get(parts._replace(query=query).geturl(), timeout=30).status_code == 403
    other = parts._replace(path=parts.path.replace("/1/", "/2/")).geturl()
    assert requests.get(other, timeout=30).status_code == 403


def test_a_deleted_file_is_gone(qbo):
    made = one(qbo)
    body = {"Id": made["Id"], "SyncToken": made["SyncToken"]}
    assert qbo.post("attachable", body, operation="delete").status_code == 200
    assert requests.get(made["TempDownloadUri"], timeout=30).status_code == 403
    assert error_of(qbo.get(f"download/{made['Id']}"))["code"] == "610"


def test_several_files_each_get_their_own_answer(qbo):
    found = answers(qbo, {
        "file_metadata_01": metadata(FileName="one.txt", ContentType="text/plain"),
        "file_content_01": ("one.txt", b"one", "text/plain"),
        "file_metadata_02": metadata(FileName="two.txt", AttachableRef=[link("Estimate", "75")]),
        "file_content_02": ("two.txt", b"two", "text/plain"),
        "file_content_03": ("three.png", b"three", "image/png"),
        "file_metadata_04": metadata(FileName="four.txt"),
        "file_metadata_05": (None, "not JSON", "application/json"),
        "file_content_05": ("five.txt", b"five", "text/plain"),
        "file_metadata_06": (None, "[]", "application/json"),
        "file_content_06": ("six.txt", b"six", "text/plain"),
        "file_metadata_07": (None, "<a/>", "application/xml"),
        "file_content_07": ("seven.txt", b"seven", "text/plain"),
    })  # fmt: skip
    assert found[0]["Attachable"]["Size"] == 3
    refused = found[1]["Fault"]
    assert refused["type"] == "ValidationFault"
    assert refused["Error"][0]["code"] == "6000"
    assert refused["Error"][0]["Detail"] == (
        "Business Validation Error: The entity Estimate 75 that you are trying to link does not exist. Estimate 75"
    )
    alone = found[2]["Attachable"]
    assert (alone["FileName"], alone["ContentType"], alone["Size"]) == ("three.png", "image/png", 5)
    assert [answer["Fault"]["Error"][0]["code"] for answer in found[3:]] == ["6041", "6040", "6040", "6040"]
    assert {row["FileName"] for row in qbo.rows("SELECT * FROM Attachable")} == {"one.txt", "three.png"}


def test_a_file_of_more_than_a_hundred_megabytes_is_refused(qbo):
    (refused,) = answers(qbo, {"file_content_01": ("big.bin", b"x" * (HUNDRED_MEGABYTES + 1), "application/x")})
    assert refused["Fault"]["Error"][0]["code"] == "6030"


def test_a_file_can_be_replaced(qbo):
    made = one(qbo, b"first")
    again = one(qbo, b"second", Id=made["Id"], SyncToken=made["SyncToken"])
    assert (again["Id"], again["Size"]) == (made["Id"], 6)
    assert requests.get(again["TempDownloadUri"], timeout=30).content == b"second"


def test_an_upload_with_a_request_id_happens_once(qbo):
    files = {"file_content_01": ("one.txt", b"one", "text/plain")}
    first, second = (
        qbo.session.post(qbo.url("upload"), files=files, params={"requestid": "up-1"}, timeout=30) for _ in range(2)
    )
    assert first.json()["AttachableResponse"] == second.json()["AttachableResponse"]
    assert len(qbo.rows("SELECT * FROM Attachable")) == 1


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (b"{}", "application/json"),
        (b"", "multipart/form-data"),
        (b"nonsense", "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Type: text/plain\r\n\r\nno name\r\n--x--\r\n", "multipart/form-data; boundary=x"),
        (
            b'--x\r\nContent-Disposition: form-data; name="file_content_01"\r\n\r\ncut',
            "multipart/form-data; boundary=x",
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\na\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
    ],
)
def test_what_is_no_upload_is_refused(qbo, data, content_type):
    answer = qbo.session.post(qbo.url("upload"), data=data, headers={"Content-Type": content_type}, timeout=30)
    assert error_of(answer)["code"] in ("2010", "2020")


def test_content_that_is_no_base64_is_refused(qbo):
    lines = [
        "--x", 'Content-Disposition: form-data; name="file_content_01"; filename="a.txt"',
        "Content-Transfer-Encoding: base64", "", "abcde", "--x--", "",
    ]  # fmt: skip
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = qbo.session.post(qbo.url("upload"), data="\r\n".join(lines), headers=headers, timeout=30)
    assert answer.json()["AttachableResponse"][0]["Fault"]["Error"][0]["code"] == "6041"


def test_the_library_attaches_notes_and_files(library, qbo, tmp_path):
    invoice = qbo.first("Invoice")
    reference = AttachableRef()
    note = Attachable()
    note.Note = "Call first"
    saved = note.save(qb=library)
    saved.Note = "Called"
    assert saved.save(qb=library).Note == "Called"
    path = tmp_path / "list.txt"
    path.write_bytes(b"apples\n")
    for given in ({"_FilePath": str(path)}, {"_FileBytes": b"apples\n"}):
        file = Attachable()
        file.FileName, file.ContentType = "list.txt", "text/plain"
        reference.EntityRef = {"type": "Invoice", "value": invoice["Id"]}
        file.AttachableRef = [reference]
        for name, value in given.items():
            setattr(file, name, value)
        made = file.save(qb=library)
        assert (made.Size, made.ContentType) == (7, "text/plain")
        assert requests.get(made.TempDownloadUri, timeout=30).content == b"apples\n"
        again = Attachable.get(made.Id, qb=library)
        assert again.AttachableRef[0].EntityRef.value == invoice["Id"]
        again.delete(qb=library)
    assert [row.Note for row in Attachable.all(qb=library)] == ["Called"]


def test_base64_is_decoded(qbo):
    encoded = base64.b64encode(b"plain words").decode()
    lines = [
        "--x", 'Content-Disposition: form-data; name="file_content_01"; filename="a.txt"', "Content-Type: text/plain",
        "Content-Transfer-Encoding: base64", "", encoded, "--x--", "",
    ]  # fmt: skip
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = qbo.session.post(qbo.url("upload"), data="\r\n".join(lines), headers=headers, timeout=30)
    assert answer.json()["AttachableResponse"][0]["Attachable"]["Size"] == 11


@pytest.mark.parametrize("kind", ["a\nb", "text/plain\r\nX-Other: 1"])
def test_a_kind_that_no_header_can_hold_is_sent_as_bytes(qbo, kind):
    files = {"file_metadata_01": metadata(FileName="a.txt", ContentType=kind)}
    (attached,) = answers(qbo, {**files, "file_content_01": ("a.txt", b"bytes", "text/plain")})
    answer = requests.get(attached["Attachable"]["TempDownloadUri"], timeout=10)
    assert (answer.status_code, answer.content) == (200, b"bytes")
    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_an_upload_takes_its_files_as_they_were_read_before_the_books_were_opened(qbo):
    body = b'--x\r\nContent-Disposition: form-data; name="file_content_01"; filename="a.txt"\r\n\r\nhello\r\n--x--\r\n'
    files = multipart.read("multipart/form-data; boundary=x", body)
    with qbo.emulator.emulator.books(qbo.realm) as books:
        asked = Asked(books, ["upload"], {}, b"", "", f"{qbo.emulator.url}/", "2026-01-01T00:00:00-08:00", files=files)
        attached = json.loads(attachments.upload(asked).body)["AttachableResponse"][0]["Attachable"]
    assert requests.get(attached["TempDownloadUri"], timeout=10).content == b"hello"


def test_who_may_not_call_is_told_so_before_anything_about_the_upload(qbo):
    headers = {"Authorization": "Bearer wrong", "Content-Type": "text/plain"}
    assert requests.post(qbo.url("upload"), data=b"nonsense", headers=headers, timeout=10).status_code == 401

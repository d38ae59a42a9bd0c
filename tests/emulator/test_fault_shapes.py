"""Every refusal in the shape of the real one."""

from xml.etree import ElementTree

import pytest
import requests

from tests.emulator.conftest import error_of

INACTIVE = "Something you're trying to use has been made inactive."


@pytest.fixture
def made(qbo):
    return qbo.create("Invoice", qbo.invoice(DocNumber="F-1"))


def test_success_has_the_headers_and_the_envelope_of_the_real_one(qbo):
    answer = qbo.get("customer/1", minorversion=75)
    assert answer.headers["Content-Type"] == "application/json;charset=utf-8"
    assert answer.headers["intuit_tid"].startswith("1-")
    assert answer.headers["QBO-Version"]
    assert answer.headers["Service-Time"].startswith("total=")
    assert set(answer.json()) == {"Customer", "time"}
    assert answer.json()["time"][-6:] in ("-07:00", "-08:00")
    assert answer.json()["time"][-10] == "."
    assert answer.json()["Customer"]["MetaData"]["CreateTime"][19:] in ("-07:00", "-08:00")


def test_entity_names_in_paths_have_no_case(qbo):
    assert qbo.get("CUSTOMER/1").json()["Customer"]["Id"] == "1"


def test_an_unknown_member_is_2010(qbo):
    answer = qbo.post("invoice", qbo.invoice(BadJson=1))
    error = error_of(answer)
    assert (error["code"], error["Message"]) == ("2010", "Request has invalid or unsupported property")
    assert error["Detail"].startswith(
        'Property Name:Unrecognized field "BadJson" (class com.intuit.schema.finance.v3.Invoice), not marked as ignorable'
    )
    assert "element" not in error
    assert answer.json()["Fault"]["type"] == "ValidationFault"
    assert answer.headers["intuit_tid"]
    assert "QBO-Version" not in answer.headers


@pytest.mark.parametrize(
    "body",
    [
        {"CustomerRef": {"id": "1"}},
        {"BillAddr": {"Line9": "x"}},
        {"Line": [{"DetailType": "SalesItemLineDetail", "Sum": 1}]},
        {"Line": [{"DetailType": "SalesItemLineDetail", "Amount": 1, "SalesItemLineDetail": {"Price": 1}}]},
    ],
)
def test_unknown_members_are_found_at_any_depth(qbo, body):
    assert qbo.fault("invoice", body)["code"] == "2010"


@pytest.mark.parametrize(
    ("change", "element"),
    [
        ({"CustomerRef": None}, "CustomerRef"),
        ({"CustomerRef": {"value": ""}}, "CustomerRef"),
        ({"Line": []}, "Line"),
        ({"Line": None}, "Line"),
        ({"Line": [{"DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}]}, "Line"),
        ({"Line": [{"Amount": 1}]}, "Line.DetailType"),
        ({"Line": [{"DetailType": "SalesItemLineDetail"}]}, "Line.Amount"),
    ],
)
def test_what_is_required_is_2020_and_named(qbo, change, element):
    error = qbo.fault("invoice", qbo.invoice() | change)
    assert error == {
        "Message": "Required param missing, need to supply the required value for the API",
        "Detail": f"Required parameter {element} is missing in the request",
        "code": "2020",
        "element": element,
    }


def test_an_id_that_is_no_number_is_2030_without_a_time(qbo):
    answer = qbo.get("customer/1.5")
    assert error_of(answer)["Detail"] == "Id should be a valid number. Supplied value:1.5"
    assert answer.json()["Fault"]["Error"][0]["element"] == "Id"
    assert "time" not in answer.json()
    assert qbo.fault("customer", {"Id": "abc", "SyncToken": "0"})["code"] == "2030"


@pytest.mark.parametrize(
    ("entity", "field", "limit"),
    [
        ("customer", "DisplayName", 500), ("customer", "GivenName", 100), ("customer", "Title", 16),
        ("customer", "Notes", 2000), ("item", "Sku", 100), ("item", "Description", 4000), ("term", "Name", 31),
        ("vendor", "CompanyName", 100), ("account", "Description", 100),
    ],
)  # fmt: skip
def test_texts_have_limits(qbo, entity, field, limit):
    error = qbo.fault(entity, {field: "x" * (limit + 1)})
    assert (error["code"], error["element"]) == ("2050", field)
    assert error["Detail"].endswith(f"Min:0 Max:{limit} supported. Supplied length:{limit + 1}")


def test_a_document_number_has_21_characters_at_most(qbo):
    assert qbo.create("Invoice", qbo.invoice(DocNumber="9" * 21))["DocNumber"] == "9" * 21
    assert qbo.fault("invoice", qbo.invoice(DocNumber="9" * 22))["code"] == "2050"


def test_messages_are_those_of_the_catalogue(qbo):
    error = qbo.fault("customer", {"DisplayName": "x", "PrimaryEmailAddr": {"Address": "nobody"}})
    assert (error["code"], error["Message"]) == ("2210", "Invalid Email Address Format")
    qbo.preference("AccountingInfoPrefs", BookCloseDate="2025-12-31")
    error = qbo.fault("invoice", qbo.invoice(TxnDate="2025-12-31"))
    assert (error["code"], error["Message"]) == ("6210", "Account Period Closed Required Password")


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"DisplayName": "a:b"}, "2040"),
        ({"DisplayName": "a\tb"}, "2040"),
        ({"DisplayName": "a\x00b"}, "2040"),
        ({"DisplayName": "snow \u2603"}, "2040"),
        ({"DisplayName": "x", "PrimaryEmailAddr": {"Address": "nobody"}}, "2210"),
        ({"DisplayName": "x", "PreferredDeliveryMethod": "Pigeon"}, "2170"),
        ({"DisplayName": "x", "Active": "maybe"}, "2010"),
        ({"DisplayName": "x", "OpenBalanceDate": "soon"}, "2060"),
        ({"DisplayName": "x", "OpenBalanceDate": "2026-02-30"}, "2070"),
        ({"DisplayName": "x", "BillAddr": "Elm Street"}, "2010"),
        ({"DisplayName": ["x"]}, "2010"),
        ({"DisplayName": "x", "Job": True}, "6150"),
        ({"DisplayName": "x", "ParentRef": {"value": "99"}}, "2500"),
        ({"DisplayName": "x", "SalesTermRef": {"value": "99"}}, "2500"),
        ({"DisplayName": "x", "CurrencyRef": {"value": "EUR"}}, "6000"),
        ({"DisplayName": ""}, "6080"),
        ({}, "6080"),
        ({"CompanyName": "Only a company"}, "6080"),
        ({"DisplayName": "coastal freight co"}, "6240"),
    ],
)
def test_customers_that_are_refused(qbo, members, code):
    assert qbo.fault("customer", members)["code"] == code


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ({"Amount": "ten"}, "2010"),
        ({"Amount": True}, "2010"),
        ({"Amount": [1]}, "2010"),
        ({"Amount": "1e30"}, "2090"),
        ({"Amount": "NaN"}, "2010"),
        ({"DetailType": "Something"}, "2170"),
        ({"SalesItemLineDetail": {"ItemRef": {"value": "99"}}}, "2500"),
        ({"SalesItemLineDetail": {"ItemRef": {"value": "x"}}}, "2500"),
        ({"SalesItemLineDetail": {"ItemRef": "1"}}, "2010"),
        ({"Amount": -10}, "6000"),
    ],
)
def test_lines_that_are_refused(qbo, line, code):
    assert qbo.fault("invoice", qbo.invoice(qbo.line(10) | line))["code"] == code


@pytest.mark.parametrize(("entity", "path"), [("Customer", "customer"), ("Item", "item")])
def test_what_is_inactive_cannot_be_referred_to(qbo, entity, path):
    gone = qbo.first(entity, "WHERE Active = false")
    if entity == "Customer":
        body = qbo.invoice(CustomerRef={"value": gone["Id"]})
    else:
        body = qbo.invoice(qbo.line(1, ItemRef={"value": gone["Id"]}))
    error = qbo.fault("invoice", body)
    assert error["code"] == "2500"
    assert INACTIVE in error["Detail"]
    assert qbo.get(f"{path}/{gone['Id']}").json()[entity]["Active"] is False


def test_a_line_may_keep_an_item_that_became_inactive(qbo):
    item = qbo.first("Item")
    made = qbo.create("Invoice", qbo.invoice(qbo.line(10, ItemRef={"value": item["Id"]})))
    qbo.create("Item", {"Id": item["Id"], "SyncToken": "0", "sparse": True, "Active": False})
    qbo.create("Invoice", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "still fine"})


@pytest.mark.parametrize("token", ["1", "-1", 7, "x"])
def test_another_sync_token_is_5010(qbo, made, token):
    error = qbo.fault("invoice", {"Id": made["Id"], "SyncToken": token, "sparse": True})
    assert (error["code"], error["Message"], error["element"]) == ("5010", "Stale Object Error", "")
    assert error["Detail"].endswith("finished before you did, so your work was not saved.")


def test_a_missing_sync_token_is_2020(qbo, made):
    assert qbo.fault("invoice", {"Id": made["Id"], "sparse": True})["element"] == "SyncToken"


def test_a_sync_token_may_be_a_number(qbo, made):
    assert qbo.create("Invoice", {"Id": made["Id"], "SyncToken": 0, "sparse": True})["SyncToken"] == "1"


def test_what_does_not_exist_is_610_with_http_400(qbo):
    error = error_of(qbo.get("invoice/99999"))
    assert error["code"] == "610"
    assert error["Message"] == "Object Not Found"
    assert error["Detail"].startswith(f"Object Not Found : {INACTIVE}")
    assert error["element"] == ""
    assert qbo.fault("customer", {"Id": "99999", "SyncToken": "0"})["code"] == "610"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "customer/1/5"), ("GET", "nothing"), ("GET", "customer"), ("POST", "nothing"), ("GET", "customer/1/pdf"),
        ("POST", "customer/1"), ("PUT", "customer"), ("DELETE", "customer/1"), ("PATCH", "customer"), ("GET", ""),
    ],
)  # fmt: skip
def test_what_is_not_there_is_an_unsupported_operation(qbo, method, path):
    error = error_of(qbo.session.request(method, qbo.url(path), json={}, timeout=10))
    assert (error["code"], error["Message"]) == ("500", "Unsupported Operation")
    assert error["Detail"].endswith("is not supported.")
    assert "element" not in error


@pytest.mark.parametrize("entity", ["customer", "item", "account", "term", "vendor"])
def test_names_cannot_be_deleted_or_voided(qbo, entity):
    for operation in ("delete", "void"):
        assert qbo.fault(entity, {"Id": "1", "SyncToken": "0"}, operation=operation)["code"] == "500"


def test_a_bad_token_is_401_in_lower_case(emulator, qbo):
    for header in ("Bearer nonsense", "Bearer", "Basic abc", ""):
        answer = requests.get(qbo.url("customer/1"), headers={"Authorization": header}, timeout=10)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Intuit", error="invalid_token"'
        body = answer.json()
        assert "Fault" not in body
        assert body["fault"]["type"] == "AUTHENTICATION"
        assert body["fault"]["error"][0]["code"] == "3200"
        assert body["fault"]["error"][0]["message"] == "message=AuthenticationFailed; errorCode=003200; statusCode=401"
        assert isinstance(body["time"], int)
        assert body["cdcresponse"] == []
        assert answer.headers["intuit_tid"]
    emulator.advance(3601)
    assert "Token expired" in qbo.get("customer/1").json()["fault"]["error"][0]["detail"]


@pytest.mark.parametrize("realm", ["4620816365000000022", "1"])
def test_another_company_is_403(emulator, qbo, realm):
    url = f"{emulator.api_url}/company/{realm}/customer/1"
    answer = qbo.session.get(url, timeout=10)
    assert answer.status_code == 403
    error = answer.json()["fault"]["error"][0]
    assert error["code"] == "3100"
    assert error["message"] == "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403"
    assert answer.json()["fault"]["type"] == "SERVICE"


def test_an_address_without_a_company_is_404(emulator):
    assert requests.get(f"{emulator.url}/v3/nothing", timeout=10).status_code == 404


def test_unicode_can_be_allowed(emulator, qbo):
    assert qbo.create("Customer", {"DisplayName": "Müller & Söhne"})["DisplayName"] == "Müller & Söhne"
    emulator.switch(unicode=True)
    assert qbo.create("Customer", {"DisplayName": "snow \u2603"})["DisplayName"] == "snow \u2603"


def test_email_status_needs_an_address(qbo):
    assert qbo.fault("invoice", qbo.invoice(EmailStatus="NeedToSend"))["code"] == "6000"
    body = qbo.invoice(EmailStatus="NeedToSend", BillEmail={"Address": "a@b.example, c@d.example"})
    assert qbo.create("Invoice", body)["EmailStatus"] == "NeedToSend"


def test_a_refused_write_changes_nothing(emulator, qbo):
    before = emulator.books(qbo.realm)
    qbo.fault("invoice", qbo.invoice(qbo.line(10), qbo.line(5, Qty=1, UnitPrice=1)))
    qbo.fault("customer", {"DisplayName": "Juniper Market", "BillAddr": {"Line1": "x"}})
    assert emulator.books(qbo.realm) == before


def test_every_answer_has_the_headers_of_the_gateway(qbo):
    for answer in (qbo.get("customer/1"), qbo.get("customer/99999"), qbo.get("nothing")):
        assert answer.headers["X-Amzn-Trace-Id"] == f"Root={answer.headers['intuit_tid']}"
        assert len(answer.headers["X-Spanid"]) == 36
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Xss-Protection"] == "1; mode=block"
        assert answer.headers["Date"]
        assert ("QBO-Version" in answer.headers) == ("Service-Time" in answer.headers) == (answer.status_code == 200)
    assert qbo.get("customer/1").headers["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert qbo.get("customer/1").headers["Expires"] == "0"


def test_an_intuit_tid_that_was_sent_comes_back(emulator, qbo):
    sent = "1-6311fe0f-195899772f3e23b955243e7b"
    answer = qbo.session.get(qbo.url("customer/1"), headers={"intuit_tid": sent}, timeout=10)
    assert answer.headers["intuit_tid"] == sent
    assert emulator.calls()[-1]["intuit_tid"] == sent
    odd = qbo.session.get(qbo.url("customer/1"), headers={"intuit_tid": "<b>"}, timeout=10)
    assert odd.headers["intuit_tid"].startswith("1-")


@pytest.mark.parametrize("accept", [None, "application/xml", "text/xml, application/pdf", ""])
def test_faults_are_xml_for_clients_that_do_not_take_json(emulator, qbo, accept):
    qbo.session.headers["Accept"] = accept
    answer = qbo.post("customer", {"DisplayName": "Saltbox Cafe & <Sons>", "Title": "x" * 17})
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/xml")
    root = ElementTree.fromstring(answer.content)  # noqa: S314 - our own answer
    space = "{http://schema.intuit.com/finance/v3}"
    assert root.tag == f"{space}IntuitResponse"
    assert root.attrib["time"][-6:] in ("-07:00", "-08:00")
    assert root[0].attrib == {"type": "ValidationFault"}
    assert root[0][0].attrib == {"code": "2050", "element": "Title"}
    assert root[0][0][0].tag == f"{space}Message"
    assert root[0][0][1].text.endswith("Min:0 Max:16 supported. Supplied length:17")
    qbo.session.headers["Authorization"] = "Bearer nonsense-nonsense-nonsense"
    denied = qbo.get("customer/1")
    assert (denied.status_code, denied.headers["Content-Type"]) == (401, "application/xml")
    assert '<Fault type="AUTHENTICATION"><Error code="3200">' in denied.text
    assert denied.headers["WWW-Authenticate"] == 'Bearer realm="Intuit", error="invalid_token"'


def test_an_id_that_is_no_number_has_no_time_in_xml_either(qbo):
    answer = qbo.session.get(qbo.url("customer/1.5"), headers={"Accept": "application/xml"}, timeout=10)
    assert "time" not in ElementTree.fromstring(answer.content).attrib  # noqa: S314 - our own answer


@pytest.mark.parametrize("accept", ["application/json", "application/json;q=0.9, text/html", "*/*", "text/json"])
def test_faults_are_json_for_clients_that_take_it(qbo, accept):
    qbo.session.headers["Accept"] = accept
    assert error_of(qbo.get("customer/99999"))["code"] == "610"


def test_a_switch_makes_the_gateway_speak_xml(emulator, qbo):
    emulator.switch(xml_refusals=True)
    other = f"{emulator.api_url}/company/1/customer/1"
    answer = qbo.session.get(other, timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/xml")
    assert '<Fault type="SERVICE"><Error code="3100">' in answer.text
    qbo.session.headers["Authorization"] = "Bearer nonsense-nonsense-nonsense"
    assert qbo.get("customer/1").headers["Content-Type"] == "application/xml"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_need_a_token_and_do_nothing(emulator, qbo, method):
    before = emulator.books(qbo.realm)
    answer = qbo.session.request(method, qbo.url("customer/1"), json={"Id": "1", "SyncToken": "0"}, timeout=10)
    assert error_of(answer)["Detail"] == f"Operation {method} /customer/1 is not supported."
    assert requests.request(method, qbo.url("customer/1"), timeout=10).status_code == 401
    assert emulator.books(qbo.realm) == before


def test_head_answers_like_get_without_a_body(qbo):
    answer = qbo.session.head(qbo.url("customer/1"), timeout=10)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["QBO-Version"]
    assert qbo.session.head(qbo.url("customer/99999"), timeout=10).status_code == 400
    assert qbo.get("customer/1").status_code == 200


@pytest.mark.parametrize("path", ["/v3/nothing", "/v4/company/1/customer/1", "/v3/company", "/v1/other", "/op/v1/x"])
def test_what_the_gateway_does_not_know_is_404(emulator, path):
    answer = requests.get(emulator.url + path, timeout=10)
    assert answer.status_code == 404
    assert answer.headers["intuit_tid"]


def test_a_company_without_a_resource_is_an_unsupported_operation(qbo):
    url = qbo.url("").rstrip("/")
    for one in (url, url + "/"):
        assert error_of(qbo.session.get(one, allow_redirects=False, timeout=10))["code"] == "500"

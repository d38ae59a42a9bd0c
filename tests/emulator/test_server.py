"""The server below the application: odd requests, connections that are kept, and its end."""

import socket
import threading
import time
from urllib.parse import urlsplit

import pytest
import requests

from qbo_emulator.testing import RunningEmulator
from tests.emulator.conftest import RawClient


def exchange(emulator, *sent):
    """What comes back for these bytes until the connection is closed."""
    address = urlsplit(emulator.url)
    with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
        for piece in sent:
            connection.sendall(piece)
        received = b""
        while piece := connection.recv(65536):
            received += piece
        return received


@pytest.mark.parametrize("length", ["\xb2", "+5", "0x5", "5,5", "-1", "1_0"])
def test_a_length_that_is_none_is_refused_in_words(emulator, length):
    head = f"POST /_emulator/reset HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
    assert exchange(emulator, head.encode("latin-1")).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("size", [b"zz", b"1_0", b"+5", b"-1", b""])
def test_a_piece_whose_size_is_none_is_refused_in_words(emulator, size):
    head = b"POST /_emulator/reset HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert exchange(emulator, head, size + b"\r\n{}\r\n0\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_a_call_that_is_too_large_gets_a_fault_and_is_on_the_list(emulator, qbo):
    path = f"/v3/company/{qbo.realm}/customer"
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nContent-Length: 999999999999\r\n\r\n"
    answer = exchange(emulator, head.encode())
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"intuit_tid: " in answer
    assert b'"Fault":{"Error":[{"Message":"Request has invalid or unsupported property"' in answer
    assert [(call["path"], call["status"]) for call in emulator.calls()] == [(path, 413)]
    token = exchange(
        emulator, b"POST /oauth2/v1/tokens/bearer HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n"
    )
    assert token.startswith(b"HTTP/1.1 413 ")
    assert b'{"error":"invalid_request"}' in token


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_leaves_the_connection_in_order(emulator, qbo, status):
    emulator.fault(action="status", status=status, body={"never": "seen"})
    assert (qbo.get("customer/1").status_code, qbo.get("customer/1").status_code) == (status, 200)


def test_a_connection_that_is_reset_is_reset(emulator, qbo):
    emulator.fault(name="reset")
    address = urlsplit(emulator.url)
    with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
        connection.sendall(f"GET /v3/company/{qbo.realm}/customer/1 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        with pytest.raises(ConnectionResetError):
            connection.recv(100)


def test_after_its_end_nobody_is_served_on_a_connection_that_was_kept():
    running = RunningEmulator(company="empty")
    client = RawClient(running)
    assert client.get("preferences").status_code == 200
    before = time.monotonic()
    running.stop()
    assert time.monotonic() - before < 3
    with pytest.raises(requests.ConnectionError):
        client.get("preferences")
    client.session.close()


def test_a_call_under_way_at_the_end_is_answered_and_a_hung_one_let_go():
    running = RunningEmulator(company="empty")
    clients = [RawClient(running) for _ in range(2)]
    running.latency(base="500ms")
    running.fault(name="hang", match={"method": "POST"})
    ended = {}

    def call(name, send):
        try:
            ended[name] = send().status_code
        except requests.ConnectionError:
            ended[name] = None

    threads = [
        threading.Thread(target=call, args=("slow", lambda: clients[0].get("preferences"))),
        threading.Thread(target=call, args=("hung", lambda: clients[1].post("customer", {"DisplayName": "Lost"}))),
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.25)
    running.stop()
    for thread in threads:
        thread.join(10)
    assert ended == {"slow": 200, "hung": None}
    for client in clients:
        client.session.close()

"""How fast the QuickBooks Online emulator is, and whether its memory stays flat. Run: make bench-emulator."""

import tempfile
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import click

from benchmarks.figures import RESULTS, Figures, resident_mb
from benchmarks.quickbooks_online import Client, served

BATCH = 30
PAGE = 1000
STEPS = (2_000, 10_000, 20_000)
EMPTY_EVERY = 1_000


def invoice(customer: str, item: str, lines: int = 3) -> dict[str, Any]:
    """An invoice as the ERP sends it."""
    detail = {"ItemRef": {"value": item}, "Qty": 2, "UnitPrice": 6.5}
    line = {"DetailType": "SalesItemLineDetail", "Amount": 13, "Description": "x" * 40, "SalesItemLineDetail": detail}
    return {"CustomerRef": {"value": customer}, "Line": [line] * lines}


def payment(customer: str, invoice_id: str) -> dict[str, Any]:
    """A payment of one invoice."""
    link = {"TxnId": invoice_id, "TxnType": "Invoice"}
    return {"CustomerRef": {"value": customer}, "TotalAmt": 39, "Line": [{"Amount": 39, "LinkedTxn": [link]}]}


def speed(figures: Figures, scale: float) -> None:
    """Creates one by one and in batches, reads, payments, change data capture and paged queries, in memory."""
    count = max(BATCH, int(1000 * scale))
    with served() as qbo:
        customer, item = qbo.query("SELECT * FROM Customer")[0]["Id"], qbo.query("SELECT * FROM Item")[0]["Id"]
        body = invoice(customer, item)
        since = (datetime.now(UTC) - timedelta(minutes=5)).isoformat(timespec="seconds")
        single = figures.time("invoices created one by one", [partial(qbo.post, "invoice", body)] * count)
        batches = [partial(qbo.batch, "create", "Invoice", [body] * BATCH)] * (count // BATCH)
        batched = figures.time("invoices created in batches of 30", batches, each=BATCH)
        figures.write("one by one against batched", ratio=round(single / batched, 2))
        rows = qbo.query(f"SELECT Id FROM Invoice WHERE TotalAmt = '39' MAXRESULTS {min(count, PAGE)}")
        figures.time("invoices read", [partial(qbo.get, f"invoice/{row['Id']}") for row in rows])
        payments = [partial(qbo.post, "payment", payment(customer, row["Id"])) for row in rows]
        figures.time("payments of one invoice each", payments)
        changes = partial(qbo.get, "cdc", entities="Invoice", changedSince=since)
        captured = len(changes()["CDCResponse"][0]["QueryResponse"][0]["Invoice"])
        figures.time("objects of change data capture", [changes] * 5, each=captured)
    paged(figures, max(PAGE, int(10_000 * scale)))


def paged(figures: Figures, rows: int) -> None:
    """A long list, page by page; with it, how much slower the last page is than the first."""
    with served("--company", "empty") as qbo:
        names = iter(range(rows))
        people = [{"DisplayName": f"Customer {number:06}", "Notes": "n" * 60} for number in names]
        filling = [partial(qbo.batch, "create", "Customer", people[at : at + BATCH]) for at in range(0, rows, BATCH)]
        figures.time("customers created in batches of 30", filling, each=BATCH)
        statement = "SELECT * FROM Customer ORDERBY DisplayName STARTPOSITION {} MAXRESULTS {}"
        starts = range(1, rows + 1, PAGE)
        pages = [partial(qbo.query, statement.format(start, PAGE)) for start in starts]
        if (found := sum(len(page()) for page in pages)) != rows:
            raise click.ClickException(f"{rows} rows were written and {found} came back.")
        figures.time("rows of a query in pages of 1,000", pages, each=PAGE)
        first = figures.time("rows of the first page, five times", [pages[0]] * 5, each=PAGE)
        last = figures.time("rows of the last page, five times", [pages[-1]] * 5, each=PAGE)
        figures.write("last page against first page", ratio=round(last / first, 2))


def memory(figures: Figures, scale: float) -> None:
    """What stays in memory: books that grow in a file, reading only with the books in memory, and the list of calls."""
    with tempfile.TemporaryDirectory() as folder, served("--state", str(Path(folder) / "books.db")) as qbo:
        grow(figures, qbo, [int(step * scale) for step in STEPS])
    for measure, emptied in (("reading, the books in memory", True), ("reading, and the list of calls kept", False)):
        with served() as qbo:
            read(figures, qbo, [int(step * scale) for step in STEPS], measure, emptied)


def grow(figures: Figures, qbo: Client, steps: list[int]) -> None:
    """Creates, voids and queries, one after the other, until as many calls as each step says have been made."""
    customer, item = qbo.query("SELECT * FROM Customer")[0]["Id"], qbo.query("SELECT * FROM Item")[0]["Id"]
    body, made = invoice(customer, item), 0
    figures.write("memory: creates, voids and queries, the books in a file", calls=0, rss_mb=resident_mb(qbo.pid))
    for step in steps:
        while made < step:
            created = qbo.post("invoice", body)["Invoice"]
            qbo.post("invoice?operation=void", {"Id": created["Id"], "SyncToken": created["SyncToken"]})
            qbo.query("SELECT * FROM Item")
            made += 3
            if made % EMPTY_EVERY < 3:
                qbo.forget()
        figures.write(
            "memory: creates, voids and queries, the books in a file", calls=made, rss_mb=resident_mb(qbo.pid)
        )


def read(figures: Figures, qbo: Client, steps: list[int], measure: str, emptied: bool) -> None:
    """Reads and queries, which must leave nothing behind but their line on the list of calls."""
    figures.write(f"memory: {measure}", calls=0, rss_mb=resident_mb(qbo.pid))
    made = 0
    for step in steps:
        while made < step:
            if made % 2:
                qbo.query(f"SELECT * FROM Invoice WHERE DocNumber = 'none {made}'")
            else:
                qbo.get("customer/1")
            made += 1
            if emptied and made % EMPTY_EVERY == 0:
                qbo.forget()
        figures.write(f"memory: {measure}", calls=made, rss_mb=resident_mb(qbo.pid))


@click.command()
@click.option("--scale", default=1.0, show_default=True, help="A part of the usual amount, for a quick look.")
@click.option("--results", default=RESULTS, show_default=True, type=click.Path(path_type=Path), help="Where lines go.")
def main(scale: float, results: Path) -> None:
    """Measure the QuickBooks Online emulator; print figures and append them to the results."""
    figures = Figures("emulator", results)
    speed(figures, scale)
    memory(figures, scale)


if __name__ == "__main__":
    main()

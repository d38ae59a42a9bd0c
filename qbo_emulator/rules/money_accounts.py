"""The account that money goes to, and the lock of what is deposited."""

from qbo_emulator import faults
from qbo_emulator.books import Books
from qbo_emulator.rules import ledger
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.items import NO_SALES_ACCOUNT, wrong_account
from qbo_emulator.rules.references import resolve
from qbo_emulator.wire import Body

MONEY_ACCOUNTS = ("Bank", "Other Current Asset")


def deposit_account(change: Change) -> None:
    """Undeposited Funds unless another account is given; 6430 for one that is no bank or other current asset."""
    books, new = change.books, change.new
    if not new.get("DepositToAccountRef"):
        undeposited = ledger.system_account(books, "UndepositedFunds")
        if undeposited is None:
            raise faults.business("Select a bank account for this deposit.")
        new["DepositToAccountRef"] = {"value": undeposited}
    check_money_account(books, new["DepositToAccountRef"], change.was.get("DepositToAccountRef"))


def check_money_account(books: Books, reference: Body, kept: object = None) -> None:
    """6430 unless this is a bank account or another current asset; fills in its name."""
    account = resolve(books, "Account", reference, kept if isinstance(kept, dict) else None)
    if account["AccountType"] not in MONEY_ACCOUNTS:
        raise wrong_account("DepositToAccountRef")


def check_sales_account(books: Books, reference: Body, kept: Body | None, element: str) -> None:
    """6430 for a sale or discount on an account of money or of names, unless it was there before; fills in its name."""
    account = resolve(books, "Account", reference, kept)
    if account["AccountType"] in NO_SALES_ACCOUNT and (kept or {}).get("value") != reference["value"]:
        raise wrong_account(element)


def deposit_of(body: Body | None) -> str | None:
    """The id of the deposit that a payment or sales receipt is in."""
    links = (body or {}).get("LinkedTxn", ())
    return next((str(link["TxnId"]) for link in links if link["TxnType"] == "Deposit"), None)


def refuse_deposited(body: Body | None) -> None:
    """6540 for a payment or sales receipt inside a deposit."""
    if deposit_of(body) is not None:
        raise faults.validation(
            "6540",
            "Deposited Transaction cannot be changed",
            "This transaction has been deposited. If you want to change or delete it, you must first edit the deposit "
            "it appears on and remove it.",
        )

"""What documents do to balances: of customers and their jobs, and of balance-sheet accounts."""

from decimal import Decimal

from qbo_emulator.books import Books
from qbo_emulator.money import cents

DEBIT = "Asset"


def owe(books: Books, customer_id: str, difference: Decimal) -> None:
    """Raise what a customer owes: its balance, those of its parents with jobs, and accounts receivable."""
    if difference:
        name_balance(books, customer_id, difference)
        post(books, system_account(books, "AccountsReceivable"), difference)


def name_balance(books: Books, customer_id: str, difference: Decimal) -> None:
    """Raise the balance of a customer and the balances with jobs of its parents; no account moves."""
    own = True
    seen: set[str] = set()
    while customer_id and customer_id not in seen:
        seen.add(customer_id)
        customer = books.get("Customer", customer_id)
        if customer is None:
            break
        if own:
            customer["Balance"] = cents(Decimal(customer.get("Balance", 0)) + difference)
        customer["BalanceWithJobs"] = cents(Decimal(customer.get("BalanceWithJobs", 0)) + difference)
        books.put("Customer", customer, quiet=True)
        customer_id = customer.get("ParentRef", {}).get("value", "")
        own = False


def system_account(books: Books, subtype: str) -> str | None:
    """The id of the company's first account of this sub-type; the database looks, no account is decoded."""
    row = books.connection.execute(
        "SELECT id FROM entities WHERE realm = ? AND type = 'Account' AND deleted = 0 "
        "AND json_extract(body, '$.AccountSubType') = ? ORDER BY id LIMIT 1",
        (books.realm, subtype),
    ).fetchone()
    return None if row is None else str(row["id"])


def post(books: Books, account_id: str | None, debit: Decimal) -> None:
    """Debit an account of the balance sheet (a negative amount credits it). Income and expense carry no balance."""
    account = books.get("Account", account_id) if account_id and debit else None
    if account is None or account["Classification"] in ("Revenue", "Expense"):
        return
    change = debit if account["Classification"] == DEBIT else -debit
    for name in ("CurrentBalance", "CurrentBalanceWithSubAccounts"):
        account[name] = cents(Decimal(account.get(name, 0)) + change)
    books.put("Account", account, quiet=True)
    with_sub_accounts(books, account.get("ParentRef", {}).get("value", ""), change)


def with_sub_accounts(books: Books, account_id: str, difference: Decimal) -> None:
    """Raise the balance with sub-accounts of an account and of everything above it."""
    account = books.get("Account", account_id) if difference else None
    while account is not None:
        total = Decimal(account.get("CurrentBalanceWithSubAccounts", 0)) + difference
        account["CurrentBalanceWithSubAccounts"] = cents(total)
        books.put("Account", account, quiet=True)
        account = books.get("Account", account.get("ParentRef", {}).get("value", ""))

"""What documents do to balances: of customers and their jobs, and of balance-sheet accounts."""

from decimal import Decimal

from qbo_emulator.books import Books
from qbo_emulator.money import ZERO, cents
from qbo_emulator.wire import Body

DEBIT = ("Asset", "Expense")
NO_BALANCE = ("Revenue", "Expense")


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


def tax_account(books: Books) -> str | None:
    """The account of the taxes that are collected and paid."""
    return system_account(books, "GlobalTaxPayable") or system_account(books, "SalesTaxPayable")


def post(books: Books, account_id: str | None, debit: Decimal) -> None:
    """Debit an account (a negative amount credits it). Income and expense carry no balance that anybody sees."""
    account = books.get("Account", account_id) if account_id and debit else None
    if account is None:
        return
    if account["Classification"] in NO_BALANCE:
        keep_unseen(books, account, _unseen(books, account) + debit)
        return
    change = _sign(account) * debit
    for name in ("CurrentBalance", "CurrentBalanceWithSubAccounts"):
        account[name] = cents(Decimal(account.get(name, 0)) + change)
    books.put("Account", account, quiet=True)
    with_sub_accounts(books, account.get("ParentRef", {}).get("value", ""), change)


def _sign(account: Body) -> int:
    return 1 if account["Classification"] in DEBIT else -1


def opening_debit(account: Body, balance: Decimal) -> Decimal:
    """The debit that gives an account this balance; nothing where no balance shows."""
    return ZERO if account["Classification"] in NO_BALANCE else _sign(account) * balance


def _unseen(books: Books, account: Body) -> Decimal:
    return books.sum_of(f"account:{account['Id']}") or ZERO


def keep_unseen(books: Books, account: Body, debit: Decimal) -> None:
    """Keep what an account of income or expense was debited, for the day on which it becomes another account."""
    books.keep_sum(f"account:{account['Id']}", debit)


def debit_of(books: Books, account: Body) -> Decimal:
    """What an account was debited in all, whether it shows a balance or not."""
    if account["Classification"] in NO_BALANCE:
        return _unseen(books, account)
    return _sign(account) * Decimal(account.get("CurrentBalance", 0))


def reclassify(books: Books, old: Body, new: Body) -> None:
    """Give an account without sub-accounts the balance that its documents make in its new classification."""
    debit = debit_of(books, old)
    shows = new["Classification"] not in NO_BALANCE
    keep_unseen(books, new, ZERO if shows else debit)
    for name in ("CurrentBalance", "CurrentBalanceWithSubAccounts"):
        new[name] = cents(_sign(new) * debit) if shows else ZERO


def with_sub_accounts(books: Books, account_id: str, difference: Decimal) -> None:
    """Raise the balance with sub-accounts of an account and of everything above it."""
    account = books.get("Account", account_id) if difference else None
    while account is not None:
        total = Decimal(account.get("CurrentBalanceWithSubAccounts", 0)) + difference
        account["CurrentBalanceWithSubAccounts"] = cents(total)
        books.put("Account", account, quiet=True)
        account = books.get("Account", account.get("ParentRef", {}).get("value", ""))

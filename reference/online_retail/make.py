"""Row classes of UCI Online Retail, counted apart from patron: python make.py FOLDER_OF_THE_DATA > cases.json

The precedence is that of docs/guides/input.md. Amounts are exact decimals of the file's text.
"""
import json
import sys
from decimal import Decimal

import pandas as pd

FEES = {"POST", "DOT", "M", "C2", "D", "S", "CRUK", "BANK CHARGES", "AMAZONFEE"}


def row_class(row, keep_fees):
    customer, invoice, code = row.CustomerID.strip(), row.InvoiceNo.strip(), row.StockCode.strip()
    quantity, price = int(row.Quantity), Decimal(row.UnitPrice)
    if not customer:
        return "missing_customer"
    if invoice.startswith("A") or code == "B":
        return "bad_debt_or_adjustment"
    if not keep_fees and (code.upper() in FEES or code.startswith("gift_0001")):
        return "fee_line"
    if invoice.startswith("C") or (quantity < 0 and price > 0):
        return "refund"
    if quantity <= 0:
        return "quantity_not_positive"
    if price < 0:
        return "price_negative"
    if price == 0:
        return "price_zero"
    return "order_line"


def count(table, keep_fees):
    classes = [row_class(row, keep_fees) for row in table.itertuples(index=False)]
    amounts = [int(q) * Decimal(p) for q, p in zip(table.Quantity, table.UnitPrice)]
    rows, revenue = {}, {}
    for name, amount in zip(classes, amounts):
        rows[name] = rows.get(name, 0) + 1
        revenue[name] = revenue.get(name, Decimal(0)) + amount
    accepted = pd.Series(classes) == "order_line"
    refunds = pd.Series(classes) == "refund"
    return {
        "rows": dict(sorted(rows.items())),
        # In ten-thousandths, as whole numbers.
        "revenue": {name: str(int(value * 10000)) for name, value in sorted(revenue.items())},
        "customers_with_an_order_line": int(table.CustomerID[accepted].nunique()),
        "orders": int(table.InvoiceNo[accepted].nunique()),
        "first_at": table.InvoiceDate[accepted].min(),
        "last_at": table.InvoiceDate[accepted].max(),
        "refund_total": str(int(sum(abs(a) for a, r in zip(amounts, refunds) if r) * 10000)),
    }


def main():
    table = pd.read_csv(f"{sys.argv[1]}/online_retail/online_retail.csv.gz", dtype=str, keep_default_na=False)
    cases = {
        "rows_in": len(table),
        "duplicates": int(table.duplicated().sum()),
        "distinct_customers": int(table.CustomerID[table.CustomerID != ""].nunique()),
        "fees_set_aside": count(table, keep_fees=False),
        "fees_kept": count(table, keep_fees=True),
    }
    json.dump(cases, sys.stdout, indent=2)
    print()


main()

"""Random segment conditions answered by DuckDB, for patron_segments::Condition. Run: python make.py > cases.json

Left out: a quotient over zero, where databases differ (patron: null), and what conditions do not support.
"""
import decimal
import json
import random

import duckdb

SEED = 20250131
ROWS = 40
CONDITIONS = 400
rng = random.Random(SEED)

TEXTS = ["active", "silent", "dormant", "churned", "Silent", "流失"]
CODES = ["555", "545", "111", "10-5-9", "455", ""]


def maybe(value, share=0.2):
    return None if rng.random() < share else value


def money():
    return str(decimal.Decimal(rng.choice([0, 1, 1000, 9_999_999, 10_000_000, rng.randrange(-10**6, 10**8)])).scaleb(-4))


table = {
    "orders": [rng.randrange(0, 12) for _ in range(ROWS)],
    "recency_days": [rng.randrange(0, 400) for _ in range(ROWS)],
    "monetary": [money() for _ in range(ROWS)],
    "clv": [maybe(money()) for _ in range(ROWS)],
    "probability_alive": [maybe(rng.choice([0.0, 0.1, 0.3, 0.5, 0.75, 1.0])) for _ in range(ROWS)],
    "rfm": [rng.choice(CODES) for _ in range(ROWS)],
    "lifecycle": [maybe(rng.choice(TEXTS)) for _ in range(ROWS)],
}


def number(depth=2):
    pick = rng.random()
    if depth == 0 or pick < 0.5:
        return rng.choice(["orders", "recency_days", "monetary", "clv", "probability_alive"])
    if pick < 0.65:
        return rng.choice(["1", "2", "3", "100", "0.5", "0.1", "999.9999", "1000", "12.25"])
    one, other = number(depth - 1), number(depth - 1)
    return rng.choice(
        [
            f"({one} + {other})",
            f"({one} - {other})",
            f"{rng.choice(['orders', 'monetary', 'probability_alive'])} * {rng.choice(['2', '0.5', 'orders'])}",
            f"{one} / {rng.choice(['2', '4', '(orders + 1)'])}",
            f"-{rng.choice(['orders', 'monetary', 'clv'])}",
            f"abs({one})",
            f"floor({rng.choice(['monetary', 'clv', 'probability_alive'])})",
            f"ceil({rng.choice(['monetary', 'clv', 'probability_alive'])})",
            f"round({rng.choice(['monetary', 'clv'])}, {rng.choice(['0', '1', '2', '3'])})",
            f"least({one}, {other})",
            f"greatest({one}, {other})",
            f"coalesce({rng.choice(['clv', 'probability_alive'])}, {rng.choice(['0', '0.5', 'orders'])})",
        ]
    )


def text():
    return rng.choice(["rfm", "lifecycle", "lower(lifecycle)", "coalesce(lifecycle, 'none')"])


def quoted(words):
    return "'" + rng.choice(words) + "'"


def truth(depth=3):
    pick = rng.random()
    if depth > 0 and pick < 0.45:
        one, other = truth(depth - 1), truth(depth - 1)
        return rng.choice([f"({one}) AND ({other})", f"({one}) OR ({other})", f"NOT ({one})", f"{one} AND NOT {other}"])
    sign = rng.choice(["=", "<>", "<", "<=", ">", ">="])
    no = rng.choice(["", "NOT "])
    return rng.choice(
        [
            f"{number()} {sign} {number()}",
            f"{number(0)} {sign} {rng.choice(['1', '3.5', '1000', '999.9999', '0.1', '200'])}",
            f"{number(1)} {no}BETWEEN {rng.choice(['0', '0.5', 'orders'])} AND {rng.choice(['10', '500.5', 'recency_days'])}",
            f"orders {no}IN ({rng.randrange(12)}, {rng.randrange(12)}, -1)",
            f"monetary {no}IN (0.1, 1000, 999.9999, 0)",
            f"rfm {no}IN ({quoted(CODES)}, {quoted(CODES)})",
            f"lifecycle {no}IN ({quoted(TEXTS)}, {quoted(TEXTS)})",
            f"{text()} {sign} {quoted(TEXTS + CODES)}",
            f"{text()} {no}LIKE {quoted(['%', '5%', '_4_', 'sil%', '%t%', '', '流%'])}",
            f"lifecycle {no}ILIKE {quoted(['SIL%', '%T', 'active', '流失'])}",
            f"{rng.choice(['clv', 'lifecycle', 'probability_alive', 'orders'])} IS {no}NULL",
            rng.choice(["TRUE", "FALSE", "orders = NULL", "NULL IS NULL"]),
        ]
    )


connection = duckdb.connect()
connection.execute(
    "create table customers (position int, orders bigint, recency_days int, monetary decimal(18, 4),"
    " clv decimal(18, 4), probability_alive double, rfm text, lifecycle text)"
)
for position in range(ROWS):
    row = [position, *(table[name][position] for name in table)]
    connection.execute("insert into customers values (?, ?, ?, ?, ?, ?, ?, ?)", row)

cases = []
while len(cases) < CONDITIONS:
    condition = truth()
    answers = connection.execute(f"select ({condition}) from customers order by position").fetchall()
    word = "".join({True: "1", False: "0", None: "?"}[answer[0]] for answer in answers)
    cases.append({"condition": condition, "answers": word})
print(json.dumps({"tool": f"duckdb {duckdb.__version__}", "seed": SEED, "table": table, "cases": cases}, ensure_ascii=False, separators=(",", ":")))

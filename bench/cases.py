"""The shapes of orders that patron and its peers are compared on; one thing differs from `base` in each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    words: str
    shape: tuple[str, ...] = ()  # arguments of generate.py
    orders_each: int = 10


CASES = {
    "base": Case("ten orders a customer, ids of 9 characters, sorted by time"),
    "few-orders": Case("two orders a customer", orders_each=2),
    "many-orders": Case("a thousand orders a customer", orders_each=1_000),
    "giant": Case("one customer has a tenth of the orders", ("--giant-share", "0.1")),
    "integer-ids": Case("ids are integers", ("--ids", "integer")),
    "long-ids": Case("ids of customers have 64 characters, of orders 32, as hashes do", ("--ids", "long")),
    "unsorted": Case("rows in no order", ("--sorted-by", "nothing")),
    "by-customer": Case("sorted by customer", ("--sorted-by", "customer")),
    "bg-nbd": Case("purchases drawn from BG/NBD", ("--buyers", "bg-nbd")),
}
SIDE_BY_SIDE = [name for name in CASES if name != "bg-nbd"]

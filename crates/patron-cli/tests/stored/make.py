"""Makes a stored workspace with a released patron: NAME.tar.gz beside this file. All data are made up.

    python3 crates/patron-cli/tests/stored/make.py PATH-OF-PATRON NAME

The archive holds the workspace `shop`, with rows inlined in the catalogue and rows in files, superseded and undone ones, and
rows set aside; `next.csv`, to be imported by a later patron; and what customers must have before and after, worked out
here and not by patron.
"""

import csv
import gzip
import io
import subprocess
import sys
import tarfile
import tempfile
from decimal import Decimal
from pathlib import Path

COLUMNS = ["order_id", "customer_id", "ordered_at", "net", "status", "coupon_code", "name", "city"]


def order(number: int, net: str, status: str = "paid") -> dict:
    customer = number * 7 % 41
    coupon = "SPRING" if number % 5 == 0 else ""
    at = f"2024-{1 + number % 6:02d}-{1 + number % 28:02d} {number % 24:02d}:30:00"
    values = [f"A-{number}", f"c{customer:02d}", at, net, status, coupon, f"Name {customer}", "北京" if customer % 2 else "Köln"]
    return dict(zip(COLUMNS, values, strict=True))


def amount(number: int) -> str:
    return f"{5 + number % 37}.{number % 100:02d}"


def write(path: Path, rows: list[dict]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def expected(path: Path, versions: list[list[dict]]) -> None:
    """Of each order the last version counts, and only if it is paid."""
    newest = {row["order_id"]: row for rows in versions for row in rows if row["customer_id"]}
    totals: dict[str, tuple[int, Decimal]] = {}
    for row in newest.values():
        if row["status"] == "paid":
            orders, net = totals.get(row["customer_id"], (0, Decimal(0)))
            totals[row["customer_id"]] = (orders + 1, net + Decimal(row["net"]))
    lines = [f"{customer},{orders},{net}\n" for customer, (orders, net) in sorted(totals.items())]
    path.write_text("customer_id,orders,monetary\n" + "".join(lines), encoding="utf-8")


def main() -> None:
    patron, name = Path(sys.argv[1]).resolve(), sys.argv[2]
    nobody = {**order(999, "8"), "customer_id": ""}
    small = [order(number, amount(number)) for number in range(30)]
    large = [order(number, amount(number)) for number in range(30, 700)] + [nobody]
    changed = [order(number, "77.25") for number in range(100, 110)] + [order(200, amount(200), "cancelled")]
    wrong = [order(number, "1000") for number in range(2_000, 2_150)]
    later = [order(number, "88.5") for number in range(105, 115)] + [order(number, "3") for number in range(3_000, 3_160)]
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        for file, rows in [("small", small), ("large", large), ("changed", changed), ("wrong", wrong), ("next", later)]:
            write(folder / f"{file}.csv", rows)

        def run(*arguments: str) -> None:
            subprocess.run([patron, *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL)

        run("init", "shop")
        run("import", "--workspace", "shop", "small.csv")
        run("import", "--workspace", "shop", "large.csv")
        run("import", "--workspace", "shop", "wrong.csv")
        run("import", "--workspace", "shop", "--undo", "3")
        run("import", "--workspace", "shop", "changed.csv")
        expected(folder / "expected.csv", [small, large, changed])
        expected(folder / "expected-next.csv", [small, large, changed, later])
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for part in ["shop", "next.csv", "expected.csv", "expected-next.csv"]:
                archive.add(folder / part, part, filter=plain)
    place = Path(__file__).with_name(f"{name}.tar.gz")
    place.write_bytes(gzip.compress(packed.getvalue(), 9, mtime=0))
    print(place, place.stat().st_size)


def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return entry


if __name__ == "__main__":
    main()

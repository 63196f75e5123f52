"""Reads exported orders back, and holds the files against each other: read_back.py FOLDER"""

import csv
import json
import sys
from datetime import datetime
from pathlib import Path

from openpyxl import load_workbook

folder = Path(sys.argv[1])
TIMES = ["order_date", "shipping_date", "delivery_date"]
NUMBERS = ["number", "product_quantity"]


def holds(condition, sentence):
    if not condition:
        sys.exit(sentence)


def values(name, encoding, delimiter):
    with (folder / name).open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter, strict=True))


def unescaped(cell):
    return cell[1:] if cell.startswith("'") else cell


def as_text(order):
    """An order of JSON as a file of values has it."""
    text = {name: "" if value is None else str(value) for name, value in order.items()}
    text["warnings"] = " ".join(order["warnings"])
    return text | {name: text[name].replace("T", " ") for name in TIMES}


def sheet():
    """The rows of the workbook as JSON has them."""
    book = load_workbook(folder / "orders.xlsx")
    page = book.active
    rows = list(page.iter_rows())
    names = [cell.value for cell in rows[0]]
    holds(page.freeze_panes == "A2", f"frozen is {page.freeze_panes}")
    last = page.cell(len(rows), len(names)).coordinate
    holds(page.auto_filter.ref == f"A1:{last}", f"the filter is on {page.auto_filter.ref}, not on A1:{last}")
    for row in rows[1:]:
        order = dict(zip(names, row))
        for name, cell in order.items():
            if cell.value is None:
                continue
            kind = "d" if name in TIMES + ["cancelled_at"] else "n" if name in NUMBERS else "s"
            holds(cell.data_type == kind, f"{cell.coordinate} ({name}) is of type {cell.data_type}, not {kind}")
        yield {name: of_cell(name, cell.value) for name, cell in order.items()}


def of_cell(name, value):
    if name == "warnings":
        return (value or "").split()
    if isinstance(value, datetime):
        return value.isoformat() + ("Z" if name == "cancelled_at" else "")
    return value


lines = [json.loads(line) for line in (folder / "orders.ndjson").read_text().splitlines()]
holds(len(lines) == 2000, f"{len(lines)} orders were exported")
holds(any(order["warnings"] for order in lines), "no order has a warning")
holds(json.loads((folder / "orders.json").read_text()) == lines, "JSON is not what NDJSON is")
texts = [as_text(order) for order in lines]
for name, encoding, delimiter in [("orders.csv", "utf-8", ","), ("excel.csv", "utf-8-sig", ";")]:
    read = [{key: unescaped(cell) for key, cell in line.items()} for line in values(name, encoding, delimiter)]
    holds(read == texts, f"{name} is not what NDJSON is")
for expected, found in zip(lines, sheet(), strict=True):
    holds(expected == found, f"the workbook has {found}, not {expected}")
print(f"{len(lines)} orders are the same in CSV, NDJSON, JSON and the workbook")

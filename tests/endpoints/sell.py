"""`sell.py DATABASE REFERENCE CHECKOUT CENTS MONEY`: the shop of `shop.py` makes a sale, as a program."""

from __future__ import annotations

import sqlite3
import sys


def sell(database: str, *sale: str) -> None:
    """Store one sale."""
    connection = sqlite3.connect(database, timeout=10)
    with connection:
        connection.execute("INSERT INTO sales (reference, checkout, cents, money) VALUES (?, ?, ?, ?)", sale)
    connection.close()


sell(*sys.argv[1:])

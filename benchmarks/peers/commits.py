"""What the disk and the database allow: how many transactions of one row can be committed in a second.

python benchmarks/peers/commits.py DATABASE_URL SECONDS [CONNECTIONS]
"""

from __future__ import annotations

import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import psycopg

CREATE = "CREATE TABLE IF NOT EXISTS single_rows (id TEXT PRIMARY KEY)"


def sqlite_rate(path: str, seconds: float) -> float:
    """Transactions in a second on a SQLite file, WAL and synchronous=FULL, by one writer."""
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", CREATE):
        connection.execute(statement)

    def commit(row: str) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO single_rows VALUES (?)", (row,))
        connection.execute("COMMIT")

    try:
        return _repeated(commit, "", seconds) / seconds
    finally:
        connection.close()


def postgres_rate(url: str, seconds: float, connections: int) -> float:
    """Transactions in a second on PostgreSQL, by so many connections at once."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(CREATE)
    done = [0] * connections

    def work(number: int) -> None:
        with psycopg.connect(url, autocommit=True) as own:
            insert = "INSERT INTO single_rows VALUES (%s)"
            done[number] = _repeated(lambda row: own.execute(insert, (row,)), f"{number}-", seconds)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / seconds


def _repeated(commit: Callable[[str], object], prefix: str, seconds: float) -> int:
    until, number = time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        commit(f"{prefix}{number}")
        number += 1
    return number


def main(url: str, seconds: float, connections: int = 16) -> None:
    """Print the rate."""
    if url.startswith("sqlite:"):
        rate = sqlite_rate(urlsplit(url).path[1:], seconds)
    else:
        rate = postgres_rate(url, seconds, connections)
    print(f"{rate:.0f} transactions of one row a second")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), *map(int, sys.argv[3:]))

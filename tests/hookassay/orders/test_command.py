"""Orders read back by a program."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hookassay.config import OrdersSettings
from hookassay.errors import HarnessError, NotJudged, UsageError
from hookassay.orders.adapter import open_reader
from hookassay.orders.reader import OrderReader

Opening = Callable[..., OrderReader]
Writing = Callable[[str, str], str]
ORDER = {"status": "paid", "refund_status": "none", "dispute_status": "none", "total_amount": "10.00"}
PRINTED = json.dumps(ORDER)


@pytest.fixture
def reader_of(tmp_path: Path) -> Opening:
    """Opens readers whose commands start in the test's folder."""

    def reader_of(command: str, timeout: float = 5.0, **settings: Any) -> OrderReader:
        reader = open_reader(OrdersSettings(source=f"cmd:{command}", **settings), tmp_path, timeout)
        assert reader is not None
        return reader

    return reader_of


def test_a_list_of_orders(reader_of: Opening, program: Writing) -> None:
    """The program prints a JSON array of orders."""
    name = program("read", f"echo '[{PRINTED}, {PRINTED}]'")

    assert reader_of(f"{name} {{session_id}}").read("cs_1") == [ORDER, ORDER]


def test_one_object(reader_of: Opening, program: Writing) -> None:
    """A single object is one order, and then several would not be seen."""
    reader = reader_of(f"{program('read', f'''echo '{PRINTED}' ''')} {{session_id}}")

    assert (reader.many, reader.read("cs_1"), reader.many) == (True, [ORDER], False)


def test_nothing_printed(reader_of: Opening, program: Writing) -> None:
    """A program that prints nothing and succeeds says that there is no order."""
    assert reader_of(f"{program('read', 'true')} {{session_id}}").read("cs_1") == []


def test_no_shell(reader_of: Opening, program: Writing) -> None:
    """An id is one argument, whatever it holds."""
    name = program("read", 'printf \'[{"status":"%s","refund_status":"%s"}]\' "$1" $#')
    columns = {"dispute_status": "", "total_amount": ""}

    (row,) = reader_of(f"{name} {{session_id}}", columns=columns).read("cs 1; echo $(id) *")

    assert (row["status"], row["refund_status"]) == ("cs 1; echo $(id) *", "1")


def test_environment_and_folder(
    reader_of: Opening, program: Writing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program starts in the configuration's folder and inherits the environment."""
    monkeypatch.setenv("SHOP_STATE", "paid")
    name = program("read", 'printf \'{"status":"%s","refund_status":"%s"}\' "$SHOP_STATE" "$PWD"')
    columns = {"dispute_status": "", "total_amount": ""}

    (row,) = reader_of(f"{name} {{session_id}}", columns=columns).read("cs_1")

    assert (row["status"], row["refund_status"]) == ("paid", str(tmp_path))


def test_overhead(reader_of: Opening, program: Writing) -> None:
    """The quickest run counts as start-up, which is no settling time."""
    reader = reader_of(f"{program('read', 'true')} {{session_id}}")
    before = reader.overhead
    began = time.monotonic()
    reader.read("cs_1")

    assert before == 0.0 < reader.overhead <= time.monotonic() - began


def test_failure(reader_of: Opening, program: Writing) -> None:
    """A program that fails is our error, with the end of what it complained about."""
    name = program("read", "echo 'no such order' >&2; exit 3")

    with pytest.raises(HarnessError, match=r"The program \./read exited with 3; it said: no such order"):
        reader_of(f"{name} {{session_id}}").read("cs_1")


def test_failure_without_secrets(reader_of: Opening, program: Writing, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a program complains about is shown without the secrets it was given."""
    monkeypatch.setenv("SHOP_DB_PASSWORD", "canary-1")
    lines = 'echo "cannot use $SHOP_DB_PASSWORD or postgres://shop:canary-2@db/shop or whsec_canary3" >&2; exit 1'

    with pytest.raises(HarnessError, match="cannot use") as caught:
        reader_of(f"{program('read', lines)} {{session_id}}").read("cs_1")

    assert "canary" not in str(caught.value)


def test_killed(reader_of: Opening, program: Writing) -> None:
    """A program that a signal ended is told so."""
    with pytest.raises(HarnessError, match="was ended by signal 9"):
        reader_of(f"{program('read', 'kill -9 $$')} {{session_id}}").read("cs_1")


def test_too_slow(reader_of: Opening, program: Writing) -> None:
    """A program that does not end is stopped, with all that it started."""
    began = time.monotonic()

    with pytest.raises(HarnessError, match=r"did not end within 0\.1 s"):
        reader_of(f"{program('read', 'sleep 60')} {{session_id}}", timeout=0.1).read("cs_1")

    assert time.monotonic() - began < 5


def test_a_program_that_only_closes_its_output(reader_of: Opening, program: Writing) -> None:
    """A program that goes on silently is stopped as well."""
    with pytest.raises(HarnessError, match=r"did not end within 0\.1 s"):
        reader_of(f"{program('read', 'exec >&- 2>&-; sleep 60')} {{session_id}}", timeout=0.1).read("cs_1")


def test_too_much(reader_of: Opening, program: Writing) -> None:
    """A program that never stops printing is stopped."""
    with pytest.raises(HarnessError, match="more than 1 MiB"):
        reader_of(f"{program('read', 'yes')} {{session_id}}").read("cs_1")


def test_complaining_without_end(reader_of: Opening, program: Writing) -> None:
    """A program that never stops complaining is stopped when its time is over, and keeps no memory."""
    with pytest.raises(HarnessError, match=r"did not end within 0\.3 s"):
        reader_of(f"{program('read', 'yes >&2')} {{session_id}}", timeout=0.3).read("cs_1")


def test_a_child_that_stays(reader_of: Opening, program: Writing, tmp_path: Path) -> None:
    """A program that ends and leaves a child holding its output is given up, and the child is stopped."""
    left = program("read", "sleep 60 & echo $! > child; exit 0")
    with pytest.raises(HarnessError, match=r"did not end within 0\.5 s"):
        reader_of(f"{left} {{session_id}}", timeout=0.5).read("cs_1")

    status = Path("/proc", (tmp_path / "child").read_text().strip(), "status")
    ends = time.monotonic() + 5
    while status.exists() and "zombie" not in status.read_text() and time.monotonic() < ends:
        time.sleep(0.01)
    assert not status.exists() or "zombie" in status.read_text()


def test_not_json(reader_of: Opening, program: Writing) -> None:
    """What is not JSON is told by its beginning."""
    with pytest.raises(HarnessError, match=r"the program \./read must give JSON; it gave: paid"):
        reader_of(f"{program('read', 'echo paid')} {{session_id}}").read("cs_1")


def test_check_asks_before_judging(reader_of: Opening, program: Writing) -> None:
    """A program that fails for an unknown session is told before judging."""
    with pytest.raises(NotJudged, match=r"exited with 1 .*must print \[\] and exit with 0"):
        reader_of(f"{program('read', 'exit 1')} {{session_id}}").check()


def test_no_program(reader_of: Opening) -> None:
    """A program that does not exist is a wrong usage."""
    with pytest.raises(UsageError, match=r"The program \./nowhere cannot be started in .*: No such file"):
        reader_of("./nowhere {session_id}").check()


def test_not_executable(reader_of: Opening, tmp_path: Path) -> None:
    """A file that may not be executed is a wrong usage."""
    (tmp_path / "read").write_text("echo []")

    with pytest.raises(UsageError, match="Permission denied"):
        reader_of("./read {session_id}").check()


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("./read", "must hold {session_id}"),
        ("./read {id}", "no placeholder {id}"),
        ("./read '{session_id}", "quotation"),
    ],
)
def test_wrong_command(reader_of: Opening, command: str, told: str) -> None:
    """A command that could not name a session is a wrong usage."""
    with pytest.raises(UsageError, match=told):
        reader_of(command)

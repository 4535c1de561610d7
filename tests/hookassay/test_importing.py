"""Applications by name: how they are found, what is told where they are not, and where their output goes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hookassay.errors import UsageError
from hookassay.importing import KEPT_TEXT, Transcript, importable, load

MODULE = """
class Shop:
    app = "the application"

shop = Shop()
number = 3

def create(*arguments, **options):
    return arguments, options

def broken():
    raise OSError("no database at postgresql://shop:pa55w0rd@db/shop")

def leaving():
    raise SystemExit("no settings")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with the module `wares`, which is forgotten after the test."""
    (tmp_path / "wares.py").write_text(MODULE)
    (tmp_path / "broken_wares.py").write_text("\nimport json\njson.loads('{')\n")
    (tmp_path / "lacking_wares.py").write_text("import no_such_library\n")
    (tmp_path / "misspelt_wares.py").write_text("def app(:\n")
    (tmp_path / "src" / "hidden_wares").mkdir(parents=True)
    (tmp_path / "src" / "hidden_wares" / "__init__.py").touch()
    before = set(sys.modules)
    with importable(tmp_path):
        yield tmp_path
    for name in set(sys.modules) - before:
        if "wares" in name:
            del sys.modules[name]


class TestLoad:
    @pytest.mark.parametrize(
        ("name", "found"),
        [
            ("wares:number", 3),
            ("wares:shop.app", "the application"),
            ("wares:Shop.app", "the application"),
            ("wares:create()", ((), {})),
            ("wares:create('a', 2, debug=True)", (("a", 2), {"debug": True})),
        ],
    )
    def test_found(self, folder: Path, name: str, found: object) -> None:
        """A name, an attribute of one, and a call with literal arguments are understood, as by gunicorn."""
        assert load(name) == found

    @pytest.mark.parametrize(
        ("name", "told"),
        [
            ("wears:app", "there is no module wears in"),
            ("hidden_wares:app", "set PYTHONPATH=src, or install the project"),
            ("wares.inner:app", "there is no module wares.inner"),
            ("wares:creat", "wares has no creat. Did you mean create?"),
            ("wares:shop.wsgi", "wares.shop has no wsgi"),
            ("wares:number()", "number cannot be called; leave out the parentheses"),
            ("wares:create(name)", "a call of one with literal arguments"),
            ("wares:create(**{})", "a call of one with literal arguments"),
            ("wares:1 + 1", "a call of one with literal arguments"),
            ("wares:create(", "a call of one with literal arguments"),
            ("broken_wares:app", "(broken_wares.py:3)"),
            ("lacking_wares:app", "ModuleNotFoundError: No module named 'no_such_library' (lacking_wares.py:1)"),
            ("misspelt_wares:app", "SyntaxError: invalid syntax (misspelt_wares.py:1)"),
            ("wares:broken()", "broken() failed: OSError: no database at"),
            ("wares:leaving()", "leaving() failed: it ends the process (no settings)"),
        ],
    )
    def test_not_found(self, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, told: str) -> None:
        """What is not there, or cannot be made, is told with its place and what to do, and no password."""
        monkeypatch.chdir(folder)

        with pytest.raises(UsageError) as refused:
            load(name)

        assert told in str(refused.value)
        assert "pa55w0rd" not in str(refused.value)

    def test_its_last_words(self, folder: Path) -> None:
        """Where the application ends the process, what it printed before is told."""
        with pytest.raises(UsageError, match="It said:\nDATABASE_URL is not set"):
            load("wares:leaving()", lambda: "DATABASE_URL is not set")


def test_the_folder_comes_first_and_goes(tmp_path: Path) -> None:
    """A folder is looked in first while an application is judged, and no longer."""
    with importable(tmp_path):
        assert sys.path[0] == str(tmp_path)
    assert str(tmp_path) not in sys.path


class TestTranscript:
    def test_it_takes_what_is_printed(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Both streams go to the transcript, in their order, and to nobody else."""
        transcript = Transcript()
        with transcript.taking():
            print("one")
            print("two", file=sys.stderr)
            sys.stdout.buffer.write(b"three\xff\n")
            sys.stdout.write("\ud800\n")
        print("ours")

        assert transcript.text() == "one\ntwo\nthree\ufffd\n\\ud800\n"
        assert transcript.tail().startswith("one\ntwo")
        assert capsys.readouterr() == ("ours\n", "")

    def test_it_has_a_descriptor(self) -> None:
        """Applications that ask a stream for its descriptor get one that they may write to."""
        assert Transcript().stream.fileno() >= 0

    def test_it_is_bounded(self) -> None:
        """Only the end is kept, whole lines of it."""
        transcript = Transcript()
        with transcript.taking():
            for number in range(400_000):
                print(f"line {number}")
        lines = transcript.text().splitlines()

        assert KEPT_TEXT / 2 < len(transcript.text()) <= 2 * KEPT_TEXT
        assert lines[-1] == "line 399999"
        assert all(line.startswith("line ") for line in lines)

    def test_a_stream_that_was_closed(self) -> None:
        """An application that closes its standard output takes nothing from us."""
        transcript = Transcript()
        with transcript.taking():
            print("before")
            sys.stdout.close()

        assert transcript.text() in ("before\n", "")

"""What the documents show is true: configurations are accepted, commands and options exist, links lead somewhere."""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import command_line_page
import configuration_page
import contract_page
import pytest

from hookassay import configuration
from hookassay.cli import main
from hookassay.orders.source import Source
from hookassay.orders.sql import SqlReader
from hookassay.orders.vocabulary import Vocabulary

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [
    path for pattern in ("*.md", "docs/*.md", "examples/*.md", "examples/*/*.md") for path in sorted(ROOT.glob(pattern))
]
GENERATED = [contract_page, configuration_page, command_line_page]

_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"hookassay (\w[\w-]*)((?:[^\n`\\]|\\\n)*)")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _shown(path: Path, language: str) -> list[str]:
    """What a document shows in that language, each block apart."""
    return re.findall(rf"```{language}\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)


TABLES = [text for text in _shown(ROOT / "docs" / "stacks.md", "toml") if not re.search(r"query|\{session_id\}", text)]
"""Each hookassay.toml for a framework whose orders are read from a table."""


def _configurations() -> Iterator[Any]:
    """Each hookassay.toml that is shown or there; a list of tables is of a baseline, which is another file."""
    for path in DOCUMENTS:
        for number, text in enumerate(text for text in _shown(path, "toml") if "[[" not in text):
            yield pytest.param(text, id=f"{_name(path)}-{number}")
    for path in sorted(ROOT.glob("examples/*/hookassay.toml")):
        yield pytest.param(path.read_text(encoding="utf-8"), id=_name(path))


@pytest.mark.parametrize("text", list(_configurations()))
def test_a_configuration_is_accepted(text: str, tmp_path: Path) -> None:
    """Each hookassay.toml that a document shows is read without a complaint, and so is its source of orders."""
    path = tmp_path / "hookassay.toml"
    path.write_text(text)
    variables = defaultdict(lambda: "made-up", {"DATABASE_URL": "postgresql://shop@localhost/shop"})
    environment = {name: variables[name] for name in re.findall(r"\$\{(\w+)\}", text)}

    settings = configuration.load(path, environment)

    if settings.orders.source is not None:
        assert Source.parse(settings.orders.source, tmp_path).kind


@pytest.mark.parametrize("text", TABLES)
def test_a_frameworks_table_is_read(text: str, tmp_path: Path) -> None:
    """From a table with the names and words that docs/stacks.md gives for a framework its orders can be read."""
    path = tmp_path / "hookassay.toml"
    path.write_text(re.sub(r'source = "[^"]*"', 'source = "sqlite:///shop.db"', text))
    orders = configuration.load(path, defaultdict(str, STRIPE_WEBHOOK_SECRET="whsec_x")).orders
    assert orders.source is not None
    values = {
        "stripe_session_id": "cs_1",
        "status": orders.values["paid"][0],
        "refund_status": orders.values["partially_refunded"][0],
        "dispute_status": orders.values["dispute_lost"][0],
        "total_amount": 1000,
    }
    row = {name: values.get(standard) for standard, name in orders.columns.items()}
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database, database:
        database.execute(f'CREATE TABLE "{orders.table}" ({", ".join(row)})')
        database.execute(f'INSERT INTO "{orders.table}" VALUES ({", ".join("?" * len(row))})', list(row.values()))
    reader = SqlReader(orders, Source.parse(orders.source, tmp_path))

    read = [Vocabulary(orders).order(found) for found in reader.read("cs_1")]

    reader.close()
    assert [order.states for order in read] == [{"paid", "partially_refunded", "dispute_lost"}]


@pytest.mark.parametrize("path", DOCUMENTS, ids=_name)
def test_commands_and_options_exist(path: Path) -> None:
    """Each command that a document shows is one of hookassay's, and each option one of that command's."""
    text = path.read_text(encoding="utf-8")
    shown = [(name, rest) for name, rest in _COMMAND.findall(text) if name in main.commands]

    wrong = [
        (name, option)
        for name, rest in shown
        for option in re.findall(r"(?<!\S)--[a-z-]+", rest)
        if option not in {known for parameter in main.commands[name].params for known in parameter.opts}
    ]

    assert wrong == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=_name)
def test_links_lead_somewhere(path: Path) -> None:
    """Each link to a file names one that is there, and each anchor a heading in it."""
    targets = _LINK.findall(_FENCE.sub("", path.read_text(encoding="utf-8")))

    broken = [target for target in targets if "://" not in target and not _found(path, target)]

    assert broken == []


def _found(path: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    file = path.parent / name if name else path
    return file.is_file() and (not anchor or anchor in _anchors(file))


def _anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub and the site make them."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("module", GENERATED, ids=lambda module: module.PAGE.name)
def test_a_generated_page_shows_what_it_is_made_from(module: ModuleType) -> None:
    """The page is what `python tests/shared/….py` writes now."""
    assert module.PAGE.read_text(encoding="utf-8") == module.page(), f"run `python {_name(Path(module.__file__))}`"


def test_each_page_is_in_the_site() -> None:
    """The site's navigation names every document of docs/, and the documents that it names are there."""
    named = set(re.findall(r"[\w-]+\.md", (ROOT / "mkdocs.yml").read_text(encoding="utf-8")))

    assert {path.name for path in (ROOT / "docs").glob("*.md")} == named


def test_what_a_reader_is_told_to_replace_is_there() -> None:
    """The line that docs/start.md has one change to see a failure stands in the example, once."""
    replaced = re.findall(r"replace the line\n\n```js\n(.*?)```", (ROOT / "docs" / "start.md").read_text(), re.DOTALL)

    assert [(ROOT / "examples/express/src/orders.js").read_text().count(line) for line in replaced] == [1]

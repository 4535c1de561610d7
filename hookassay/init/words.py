"""Words: what the shop calls each state of an order, wherever it lists or writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..config import DEFAULT_VALUES
from ..orders.vocabulary import COLUMN_OF
from ..scan.checks.tables.table import BOOLEAN, INTEGER, Column, Table, plain, singular
from ..scan.language import GRAMMARS, PRISMA, SQL
from ..scan.survey import Survey
from .guess import Guess, unsure

STATES_OF: Mapping[str, tuple[str, ...]] = {
    standard: tuple(state for state, column in COLUMN_OF.items() if column == standard)
    for standard in ("status", "refund_status", "dispute_status")
}
"""Standard column → the states that it shows."""

# Stripe's own words, which a handler reads and does not write.
_STRIPES = frozenset(
    """paid unpaid no_payment_required succeeded pending failed canceled requires_action needs_response under_review
    won lost complete open expired warning_needs_response warning_under_review warning_closed payment setup
    subscription processing amount_refunded amount_total payment_intent payment_status client_reference_id""".split()
)
_QUOTED = re.compile(r"(?P<f>\bf)?[\"'`](?P<word>[A-Za-z][\w-]*(?:\{\w+\})?)[\"'`]|(?<![\w:]):(?P<symbol>[a-z_]+)\b")
_LONGEST = 60

_PAID = {"paid", "complete", "completed", "settled", "fulfilled", "success", "successful", "succeeded", "confirmed"}
_PAID |= {"captured", "shipped", "delivered", "purchased", "finished", "active"}
_NOT = {"un", "not", "unpaid", "no", "pending", "awaiting", "waiting", "failed", "never", "requested"}
_BACK = {"refunded", "refund", "reversed", "returned", "repaid"}
_WHOLE = {"full", "fully", "whole", "all", "everything", "complete", "completed", "yes", "succeeded", "true"}
_PART = {"part", "partial", "partially", "partly", "some"}
_DISPUTE = {"disputed", "dispute", "chargeback", "chargedback", "charged_back", "contested", "complaint"}
_OPEN = {"open", "opened", "disputed", "contested", "active", "pending", "created", "review", "response", "yes"}
_OTHER = {"amount", "cents", "id", "ids", "at", "count", "date", "status", "reason"}
_WON, _LOST = {"won", "ours", "win"}, {"lost", "theirs", "lose"}


@dataclass(frozen=True)
class Word:
    """One value that a column may hold, and what the code calls it where that is another name."""

    value: Any
    name: str = ""


@dataclass(frozen=True)
class Dictionary:
    """All lists of words in a codebase.

    Attributes:
        lists: Name of an enumeration or a constant, in lower case → its words.
        code: The texts of the shop's code.
    """

    lists: Mapping[str, tuple[Word, ...]] = field(repr=False)
    code: Mapping[str, str] = field(repr=False)

    def of(self, column: Column, table: Table, handler: str) -> list[Word]:
        """The words that may stand in a column.

        Args:
            column: The column.
            table: The definition that it is of.
            handler: The code that events run through, which may write them.
        """
        definition = definition_of(column, self.code.get(column.place.path, ""))
        found = [Word(word) for word in _literals(definition) if plain(word) != plain(column.name)]
        for identifier in dict.fromkeys(re.findall(r"\w+", definition)):
            found += self.lists.get(identifier.lower(), ())
        for owner in dict.fromkeys((plain(table.entity), plain(table.name), plain(singular(table.name)))):
            found += self.lists.get(f"{owner}.{plain(column.name)}", ())
        found += _checked(column.name, self.code.get(table.place.path, ""))
        for text in (self.code.get(table.place.path, ""), handler):
            found += _beside(column.name, text, self.lists)
        if "SQLAlchemy" in table.origin and "values_callable" not in definition:
            found = [Word(word.name) if word.name else word for word in found]  # it stores the names of an Enum
        return list(dict.fromkeys(found))


def dictionary(survey: Survey) -> Dictionary:
    """Every list of words in the code of a shop."""
    code = {one.path: one.text for one in survey.sources if one.language in (*GRAMMARS, PRISMA, SQL)}
    lists: dict[str, tuple[Word, ...]] = {}
    for text in code.values():
        for name, words in _lists(text):
            if words:
                lists.setdefault(name.lower(), tuple(words))
    return Dictionary(lists, code)


def states(words: Iterable[Word], standards: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """State → the words that evidently stand for it.

    Args:
        words: What a column may hold.
        standards: The standard columns that it serves for: one alone makes `all` a word for a refund.
    """
    found: dict[str, list[Any]] = {}
    known = list(words)
    said = {_parts(word.name or str(word.value)) for word in known}
    lost_too = any(parts & {"disputed", "dispute"} for parts in said)
    for word in known:
        for text in dict.fromkeys((word.name, str(word.value))):
            state = _state(_parts(text), standards, lost_too=lost_too) if text else None
            if state is not None:
                if word.value not in found.setdefault(state, []):
                    found[state].append(word.value)
                break
    return {state: tuple(values) for state, values in found.items()}


def flags(column: Column, standard: str) -> dict[str, tuple[Any, ...]]:
    """The values of a column that only says whether; nothing for another one."""
    says = column.kind == BOOLEAN or (
        column.kind == INTEGER and re.fullmatch(r"(is)?(paid|refunded|disputed)", plain(column.name))
    )
    state = {"status": "paid", "refund_status": "refunded", "dispute_status": "disputed"}[standard]
    return {state: (True,)} if says else {}


def stripes(column: Column, text: str) -> dict[str, tuple[Any, ...]]:
    """The words of a column that keeps a dispute's status as Stripe says it; nothing where code gives it others."""
    camel = re.sub(r"_(\w)", lambda found: found[1].upper(), column.name)
    given = rf"(?<!\w)(?:{re.escape(column.name)}|{re.escape(camel)})[\"'\])]*\s*(?:=>|[:=])[^,;\n]{{0,60}}\bstatus\b"
    if re.search(given, text):
        return {"disputed": ("needs_response", "under_review"), "dispute_won": ("won",), "dispute_lost": ("lost",)}
    return {}


def guess(state: str, found: Mapping[str, tuple[Any, ...]], where: str, handler: str) -> Guess:
    """What the file says of a state: the words found, else the usual ones."""
    if state in found:
        return Guess(found[state], where)
    usual = tuple(word for word in DEFAULT_VALUES[state] if re.search(rf"[\"'`]{word}[\"'`]", handler))
    if usual:
        return Guess(usual, "a word in the handler")
    return unsure(DEFAULT_VALUES[state], "no word for it was found; these are the usual ones")


def loose(handler: str) -> list[Word]:
    """Every word in quotes that the code does not have from Stripe, for a column whose words are put together."""
    found: list[Word] = []
    for one in _QUOTED.finditer(handler):
        word = one["word"] or one["symbol"] or ""
        stem = re.match(r"(?P<stem>[\w-]+?)[-_]?\{\w+\}$", word)
        if stem and one["f"]:
            separator = word[len(stem["stem"]) : word.index("{")]
            found += [Word(f"{stem['stem']}{separator}{end}") for end in ("won", "lost")]
        elif word and "{" not in word and word not in _STRIPES and not word.startswith("async_"):
            found.append(Word(word))
    return list(dict.fromkeys(found))


def definition_of(column: Column, text: str) -> str:
    """The text that defines a column, from its beginning up to the comma or the line that ends it."""
    lines = text.split("\n")
    if column.place.line > len(lines):
        return ""
    start = sum(len(line) + 1 for line in lines[: column.place.line - 1]) + column.place.column - 1
    depth = 0
    for at in range(start, min(len(text), start + 3000)):
        sign = text[at]
        if sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
            if depth < 0:
                return text[start:at]
        elif depth == 0 and (sign in ",;" or (sign == "\n" and not text[at:].lstrip().startswith((".", "->")))):
            return text[start:at]
    return text[start : start + 3000]


def _state(parts: frozenset[str], standards: Sequence[str], *, lost_too: bool) -> str | None:
    alone = len(standards) == 1
    if parts & _OTHER:
        return None
    if "dispute_status" in standards and (alone or parts & _DISPUTE):
        if parts & _WON:
            return "dispute_won"
        if parts & _LOST or (parts & {"chargeback", "chargedback"} and lost_too and not parts & _OPEN):
            return "dispute_lost"
        if (parts & _DISPUTE or (alone and parts & _OPEN)) and not parts & {"warning", "no", "none", "not", "closed"}:
            return "disputed"
    if "refund_status" in standards and not parts & (_NOT - {"un"}):
        if parts & _PART and (alone or parts & _BACK):
            return "partially_refunded"
        if (alone and parts & _WHOLE) or parts & _BACK - {"refund"}:
            return "refunded"
    if "status" in standards and parts & _PAID and not parts & (_NOT | _BACK | _DISPUTE | _PART):
        return "paid"
    return None


def _parts(text: str) -> frozenset[str]:
    """The words in a word: `PARTIALLY_REFUNDED`, `partiallyRefunded` and `refunded-part`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return frozenset(re.findall(r"[a-z]+", spaced.lower()))


def _literals(text: str) -> list[str]:
    return [one["word"] for one in _QUOTED.finditer(text) if one["word"] and "{" not in one["word"]]


def _checked(name: str, text: str) -> Iterator[Word]:
    """The words of `CHECK (status IN ('open', 'paid'))`."""
    for found in re.finditer(rf"(?<!\w){re.escape(name)}[\"`)]*\s+in\s*\((?P<body>\s*'[^)]{{0,1000}})\)", text, re.I):
        yield from map(Word, _literals(found["body"]))


def _beside(name: str, text: str, lists: Mapping[str, tuple[Word, ...]]) -> Iterator[Word]:
    """The words that code gives a column: `status: "paid"`, `SET status = 'paid'`, `"dispute": DISPUTES.get(…)`."""
    camel = re.sub(r"_(\w)", lambda found: found[1].upper(), name)
    spelt = "|".join(map(re.escape, dict.fromkeys((name, camel))))
    for found in re.finditer(
        rf"(?<![\w$])(?:{spelt})[\"'`\])]*\s*(?:=>|===?|!==?|:|=)\s*(?:(?P<quoted>[\"'`](?P<word>[A-Za-z][\w-]*)[\"'`])"
        rf"|:(?P<symbol>[a-z_]+)\b|(?P<name>[A-Za-z]\w*))",
        text,
    ):
        if found["word"] or found["symbol"]:
            yield Word(found["word"] or found["symbol"])
        elif found["name"].lower() in lists:
            yield from lists[found["name"].lower()]
    # A function of the column's name gives its value.
    for made in re.finditer(
        rf"\b(?:def|function|func)\s+(?:{spelt})\b.*?(?=\n(?:async |export )?(?:def|function|func)\s|\Z)", text, re.S
    ):
        for returned in re.finditer(r"\breturn\s+[\"'](\w[\w-]*)[\"']|[\"'](\w[\w-]*)[\"']\s+if\b", made[0]):
            yield Word(returned[1] or returned[2])


def _lists(text: str) -> Iterator[tuple[str, list[Word]]]:
    """Enumerations and constants, by name."""
    for found in re.finditer(r"\benum\s+(?P<name>\w+)[^{\n]{0,80}\{(?P<body>[^}]{0,3000})\}", text):
        yield found["name"], list(_members(found["body"]))
    for found in re.finditer(
        r"^(?P<indent>[ \t]*)class\s+(?P<name>\w+)\((?P<bases>[^)\n]*(?:Enum|Choices)[^)\n]*)\)\s*:[^\n]*\n"
        r"(?P<body>(?:(?P=indent)[ \t]+[^\n]*\n|[ \t]*\n)*)",
        f"{text}\n",
        re.MULTILINE,
    ):
        yield found["name"], list(_choices(found["body"]))
    for found in re.finditer(
        r"\b(?P<name>\w+)\s*=\s*(?:\w+\.)?(?:pg|mysql)?Enum\(\s*[\"']\w+[\"']\s*,\s*\[(?P<body>[^\]]{0,2000})\]", text
    ):
        yield found["name"], [Word(word) for word in _literals(found["body"])]
    for found in re.finditer(
        r"create\s+type\s+(?:\w+\.)?\"?(?P<name>\w+)\"?\s+as\s+enum\s*\((?P<body>[^)]*)\)", text, re.I
    ):
        yield found["name"], [Word(word) for word in _literals(found["body"])]
    yield from _rails(text)
    for found in re.finditer(
        r"\b(?P<name>[A-Z][A-Z0-9_]{2,})\b[^=\n]{0,60}=\s*(?:Object\.freeze\()?(?:frozenset\()?(?P<body>[\[{(][^=]{0,1500}?[\]})])",
        text,
    ):
        body = found["body"]
        values = re.findall(r":\s*[\"']([\w-]+)[\"']", body) if body.startswith("{") else []
        yield found["name"], [Word(word) for word in values or _literals(body)]


def _members(body: str) -> Iterator[Word]:
    for line in re.split(r"[\n,;]", body):
        found = re.match(
            r"\s*(?:case\s+)?(?P<name>\w+)(?:\s*=\s*[\"']?(?P<value>[\w-]+)[\"']?)?(?:\s+@map\(\"(?P<map>[^\"]+)\"\))?\s*(?://.*)?$",
            line,
        )
        if found and not line.strip().startswith(("//", "@@", "function", "return")):
            value: Any = found["map"] or found["value"] or found["name"]
            yield Word(int(value) if value.isdigit() else value, found["name"])


def _choices(body: str) -> Iterator[Word]:
    for found in re.finditer(
        r"^\s+(?P<name>[A-Za-z]\w*)\s*=\s*\(?\s*(?:[\"'](?P<text>[^\"']+)[\"']|(?P<number>\d+)|(?P<auto>(?:enum\.)?auto\(\)))",
        body,
        re.MULTILINE,
    ):
        value: Any = int(found["number"]) if found["number"] else found["text"] or found["name"]
        yield Word(value, found["name"])


def _rails(text: str) -> Iterator[tuple[str, list[Word]]]:
    """`enum :status, { paid: 1 }`, `enum status: [:open, :paid]`: numbers where the column holds numbers."""
    owner = re.search(r"^class\s+(\w+)\s*<", text, re.MULTILINE)
    if not owner:
        return
    for found in re.finditer(
        r"^\s*enum\s*\(?\s*(?::(?P<new>\w+)\s*,|(?P<old>\w+):)\s*(?P<body>%[wi]\[[^\]]*\]|[\[{][^\]}]*[\]}]|[^\n]+)",
        text,
        re.M,
    ):
        body, name = found["body"], found["new"] or found["old"]
        pairs = re.findall(r"(\w+):\s*(?:(\d+)|[\"':](\w+))", body)
        if pairs:
            words = [Word(int(number) if number else word, label) for label, number, word in pairs]
        else:
            listed = re.findall(r"\w+", re.sub(r"^%[wi]", "", body))
            words = [Word(number, label) for number, label in enumerate(listed)]
        yield f"{plain(owner[1])}.{plain(name)}", words

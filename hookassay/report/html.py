"""report.html: the run as one page for whoever signs off a release, or mends what failed.

One file that needs no network and no other file. What it says stands in its HTML; its script only filters, opens what
a link names, and unpacks the evidence (`evidence`) when somebody looks at it. Every text goes through the redactor on
its way into the page.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from ..judging.contract import LEVELS, Contract, Group
from ..judging.diagnosis import address
from ..judging.journal import ERROR, FAILED, NOT_APPLICABLE, NOT_TESTABLE, PASSED, ScenarioRecord
from ..judging.level import levels
from ..judging.subscription import losses
from ..judging.verdict import CERTIFIED, KNOWN, NOT_CERTIFIED, NOT_JUDGED, PARTIAL, ClauseResult, Result
from ..redaction import Redactor
from . import certificate
from .again import again, replay
from .behaviour import Behaviour
from .document import WARNED, save
from .evidence import Evidence
from .grid import differences, grid
from .in_source import InSource, from_here
from .paper import harmless, many
from .timeline import Timeline, timeline

NAME = "report.html"

STATUSES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        FAILED: ("✘", "failed"),
        WARNED: ("!", "warned"),
        ERROR: ("E", "error"),
        KNOWN: ("~", "known to fail"),
        PASSED: ("✔", "passed"),
        NOT_TESTABLE: ("?", "not testable"),
        NOT_APPLICABLE: ("○", "not applicable"),
    }
)
"""Status → its sign, since not everybody sees colours, and its words; what wants attention first."""

BAD = (FAILED, WARNED, ERROR)

VERDICTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {CERTIFIED: ("✔", "good"), PARTIAL: ("✔", "partial"), NOT_CERTIFIED: ("✘", "bad"), NOT_JUDGED: ("?", "unknown")}
)
"""Verdict → its sign, and how the page calls its kind."""

MOST_PICTURES = 6
"""Scenarios of one clause whose timeline is drawn."""

MOST_SOURCE = 8

_DOCS = re.compile(r"docs\.stripe\.com(?:/[\w.-]+)*[\w/]")
_PAGE_FILES = "page"

_KNOWN_TO_FAIL = "Known to fail:"
_TOLD_ELSEWHERE = ("Not testable:", _KNOWN_TO_FAIL)
"""How those sentences begin that the page tells at another place, with links to their clauses."""


@dataclass(frozen=True)
class Told:
    """One scenario of a clause, as the page shows it.

    Attributes:
        record: The scenario.
        number: Its place among the scenarios of its clause, by which its evidence is found.
        picture: Its timeline, where it failed and deliveries were made.
    """

    record: ScenarioRecord
    number: int
    picture: Timeline | None

    @property
    def status(self) -> str:
        """Its status as it counts: `known` where it failed as the baseline says."""
        return KNOWN if self.record.known and self.record.status == FAILED else self.record.status


@dataclass(frozen=True)
class Shown:
    """One clause, as the page shows it.

    Attributes:
        anchor: What a link to it ends in, such as `RP-05`.
        result: What was found.
        group: The group it belongs to.
        versions: The API versions that this is about, where it is not the target's.
        bad: The scenarios that it failed by, or that broke; those that failed first. Of a clause that fails as the
            baseline says, those that are known to fail.
        others: All its other scenarios.
        again: The command that judges it again.
        replay: The command that runs its script; empty where it has none.
        diagnoses: What is probably wrong.
        findings: Where the source shows why.
        evidence: What `Evidence.pack` gave.
    """

    anchor: str
    result: ClauseResult
    group: Group
    versions: tuple[str, ...]
    bad: tuple[Told, ...]
    others: tuple[Told, ...]
    again: str
    replay: str
    diagnoses: tuple[Behaviour, ...]
    findings: tuple[Mapping[str, str], ...]
    evidence: str | None

    @property
    def status(self) -> str:
        """The clause's status as it counts for the verdict."""
        return self.result.standing

    @property
    def fails(self) -> bool:
        """Whether there is a failure to tell of, whether or not it counts."""
        return self.status in (*BAD, KNOWN)

    @property
    def urgent(self) -> bool:
        """Whether it wants attention."""
        return self.result.counted and self.status in BAD

    @property
    def place(self) -> tuple[int, int]:
        """What wants attention first: by status, and by how strongly the clause is demanded."""
        return list(STATUSES).index(self.status), LEVELS.index(self.result.clause.level)


def write(
    result: Result,
    contract: Contract,
    folder: Path,
    redactor: Redactor,
    source: InSource | None = None,
    *,
    command: str = "",
    strict: bool = False,
    scripts: Mapping[str, Path] = MappingProxyType({}),
) -> Path:
    """Write report.html into `folder` and return its path.

    Args:
        result: The run.
        contract: The contract judged, for its groups and the clauses that nobody asked for.
        folder: Where; it is created.
        redactor: Replaces secrets in everything written.
        source: What was found in the source, where it was scanned.
        command: The command line that began the run, without its secrets and without `--only`.
        strict: Whether a failing SHOULD fails the run.
        scripts: Those that show a failed clause again, by the clause's id.

    Raises:
        UsageError: the folder cannot be written to.
    """
    text = page(result, contract, redactor, source, command=command, strict=strict, scripts=scripts)
    return save(folder, NAME, text.encode("utf-8", "backslashreplace"))


def page(
    result: Result,
    contract: Contract,
    redactor: Redactor,
    source: InSource | None = None,
    *,
    command: str = "",
    strict: bool = False,
    scripts: Mapping[str, Path] = MappingProxyType({}),
) -> str:
    """The page; the arguments are those of `write`."""
    environment = compiled()
    style, script = (_asset(environment, name) for name in ("report.css", "report.js"))
    clauses = _clauses(result, contract, redactor, source, command, scripts)
    place = {clause.id: place for place, clause in enumerate(contract)}
    in_order = sorted((one for one in clauses if not one.versions), key=lambda one: place[one.result.clause.id])
    counted = [one for one in in_order if one.result.counted]
    judged = any(clause.scenarios for clause in result.clauses)
    ids = {one.clause.id for one in result.clauses}
    return environment.get_template("report.html").render(
        redactor=redactor,
        result=result,
        contract=contract,
        version=version("hookassay"),
        style=style,
        script=script,
        policy=_policy(style, script),
        statuses=STATUSES,
        sign=VERDICTS[result.verdict][0],
        kind=VERDICTS[result.verdict][1],
        lead=_lead(result, strict),
        judged=judged,
        counts=_counts(counted, result),
        # A status may be found in another API version only.
        kinds=[status for status in STATUSES if any(one.status == status for one in clauses)],
        clauses=clauses,
        findings=[one for one in clauses if one.urgent],
        known=[one for one in clauses if one.result.counted and one.status == KNOWN],
        calm=[one for one in clauses if one.result.counted and one.status not in (*BAD, KNOWN)],
        later=[one for one in in_order if not one.result.counted],
        groups=[(group, [one for one in in_order if one.group is group]) for group in contract.groups],
        glance=[(group, [one for one in counted if one.group is group]) for group in contract.groups],
        legend=[status for status in STATUSES if any(one.status == status for one in in_order)],
        levels=levels(contract, result) if result.verdict == CERTIFIED else (),
        certificate=certificate.NAME,
        # Those that are told with the ids of their clauses anyway are told once.
        left_out=[line for line in result.left_out if not line.startswith(_TOLD_ELSEWHERE)],
        untested=_untested(result),
        unasked=sum(contract.counts(clause) for clause in contract if clause.id not in ids),
        losses=losses(result.target.events),
        table=_table(result),
        diagnoses=[Behaviour.of(one) for one in result.diagnoses],
        source=source,
        unexplaining=_unexplaining(result, source),
        large=any(one.evidence is None for one in clauses),
    )


# --- clauses ----------------------------------------------------------------------------------------------------------


def _clauses(
    result: Result,
    contract: Contract,
    redactor: Redactor,
    source: InSource | None,
    command: str,
    scripts: Mapping[str, Path],
) -> list[Shown]:
    """Every clause, and what differs in other API versions; those that want attention first, then by the contract."""
    evidence = Evidence(redactor)
    groups = {group.id: group for group in contract.groups}
    found = [(one, ()) for one in result.clauses] + [(one.result, one.versions) for one in differences(result)]
    behaviours = [Behaviour.of(one) for one in result.diagnoses]

    def clean(text: str) -> str:
        return harmless(redactor.clean(text))

    def shown(one: ClauseResult, versions: tuple[str, ...]) -> Shown:
        clause, failing = one.clause, one.standing in (*BAD, KNOWN)
        told = [Told(record, number, None) for number, record in enumerate(one.scenarios)]
        # What is known to fail is beside the point where something else failed too.
        wanted = (KNOWN,) if one.standing == KNOWN else BAD
        bad = [this for this in told if failing and this.status in wanted]
        bad.sort(key=lambda this: this.status == ERROR)
        drawn = [
            Told(this.record, this.number, timeline(this.record, clean) if place < MOST_PICTURES else None)
            for place, this in enumerate(bad)
        ]
        return Shown(
            anchor=_anchor(clause.id, versions),
            result=one,
            group=groups[clause.group],
            versions=versions,
            bad=tuple(drawn),
            others=tuple(this for this in told if this not in bad),
            again=again(command, result.target, clause.id, versions),
            replay=replay(scripts[clause.id]) if clause.id in scripts and failing else "",
            diagnoses=tuple(this for this in behaviours if clause.id in this.explains),
            findings=tuple(_in_source(clause.id, source)) if source is not None and failing else (),
            evidence=evidence.pack(one),
        )

    # What failed is packed first, should there not be room for all.
    ordered = sorted(found, key=lambda one: one[0].status not in BAD or not one[0].counted)
    clauses = [shown(one, versions) for one, versions in ordered]
    return sorted(clauses, key=lambda one: one.place if one.urgent else (len(STATUSES), 0))


def _in_source(clause_id: str, source: InSource) -> Iterator[dict[str, str]]:
    start, curtain = from_here(source.scan), source.curtain
    for finding in source.of(clause_id)[:MOST_SOURCE]:
        yield {
            "place": f"{start}{curtain.path(finding.place.path)}:{finding.place.line}",
            "rule": finding.rule.id,
            "line": curtain.line(finding.place, finding.hit.secrets).strip(),
            "message": curtain.message(finding),
            "fix": curtain.text(finding.rule.fix),
        }


def _counts(counted: Iterable[Shown], result: Result) -> list[tuple[str, int]]:
    """How many clauses have each status, what wants attention first; what a run never came to has none."""
    count = Counter(one.status for one in counted if one.result.scenarios or not result.problem)
    return [(status, count[status]) for status in STATUSES if count[status]]


# --- the head ---------------------------------------------------------------------------------------------------------


def _lead(result: Result, strict: bool) -> str:
    """What the verdict means here, in a sentence."""
    every = [*result.counted, *(one.result for one in differences(result))]
    failed, warned, known = (
        {one.clause.id for one in every if one.standing == status} for status in (FAILED, WARNED, KNOWN)
    )
    musts = [one for one in result.counted if one.clause.level == "MUST" and one.status != NOT_APPLICABLE]
    but = f" but what is known to fail ({many(len(known), 'clause')})" if known else ""
    passing = len(result.baseline.passing) if result.baseline is not None else 0
    if result.verdict == NOT_CERTIFIED:
        pass_ = "passes" if passing == 1 else "pass"
        listed = f"{many(passing, 'entry', 'entries')} of the baseline {pass_} now, and must be removed."
        if failed:
            do = "do" if len(failed) > 1 else "does"
            told = f"{len(failed)} of the {len(musts)} clauses that must hold and that apply {do} not."
            return f"{told} And {listed}" if passing else told
        if strict and warned:
            told = f"Every MUST holds{but}; a SHOULD does not, and this run was asked to be strict."
            return f"{told} And {listed}" if passing else told
        return f"Nothing failed{but}. But {listed}" if passing else "A clause that must hold does not."
    if result.verdict == NOT_JUDGED:
        return "Nothing can be said about the endpoint: the run could not be finished."
    if result.verdict == PARTIAL:
        if known and all(line.startswith(_KNOWN_TO_FAIL) for line in result.left_out):
            return f"Nothing failed{but}. What that is, and why it is accepted, stands first below."
        return f"Nothing failed{but}, but something was left out. What that is stands first below."
    return "Every clause that must hold and that applies was judged, and holds."


def _untested(result: Result) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    """What was not tested: status → reasons with the ids of their clauses."""
    told: list[tuple[str, list[tuple[str, list[str]]]]] = []
    for status in (NOT_TESTABLE, NOT_APPLICABLE):
        reasons: dict[str, list[str]] = {}
        for one in result.counted:
            if one.status == status:
                reasons.setdefault(one.reason or "no reason was given", []).append(one.clause.id)
        for difference in differences(result):
            if difference.result.status == status:
                reason = f"{difference.result.reason} (in {', '.join(difference.versions)})"
                reasons.setdefault(reason, []).append(difference.result.clause.id)
        if reasons:
            told.append((status, list(reasons.items())))
    return told


@dataclass(frozen=True)
class Table:
    """What was found in several API versions.

    Attributes:
        versions: The versions, the target's first, with how many clauses have each status.
        rows: The clauses that did not end alike in all of them, with their status in each and where that is told.
        clauses: How many clauses were judged in all of them.
    """

    versions: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]
    rows: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    clauses: int


def _table(result: Result) -> Table | None:
    found = grid(result, standing=True)
    if not found:
        return None
    versions = []
    for name, statuses in found.items():
        count = Counter(statuses.values())
        versions.append((name, tuple((status, count[status]) for status in STATUSES if count[status])))
    told = {
        (one.result.clause.id, name): _anchor(one.result.clause.id, one.versions)
        for one in differences(result)
        for name in one.versions
    }
    ids = list(next(iter(found.values())))
    rows = []
    for clause_id in ids:
        cells = [(statuses.get(clause_id, ""), told.get((clause_id, name), "")) for name, statuses in found.items()]
        if len({status for status, _ in cells}) > 1:
            rows.append((clause_id, tuple(cells)))
    return Table(tuple(versions), tuple(rows), len(ids))


def _anchor(clause_id: str, versions: Sequence[str]) -> str:
    """What a link to a clause ends in; the API version is named where it is not the target's that is at fault."""
    return "-".join((clause_id, *versions[:1]))


def _unexplaining(result: Result, source: InSource | None) -> list[tuple[str, int]]:
    """The rules of the scan whose findings explain no failed clause, and how many findings each has."""
    if source is None:
        return []
    failed = {one.clause.id for one in result.counted if one.status in (FAILED, WARNED)}
    failed |= {one.result.clause.id for one in differences(result) if one.result.status in (FAILED, WARNED)}
    return sorted(Counter(finding.rule.id for finding in source.others(failed)).items())


# --- how it is written ------------------------------------------------------------------------------------------------


@cache
def compiled() -> Environment:
    """The templates, compiled once for all pages of a process."""
    environment = Environment(
        loader=PackageLoader("hookassay.report", _PAGE_FILES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finished,
    )
    environment.filters |= {
        "own": Markup,
        "address": address,
        "linked": _linked,
        "many": many,
        "sentence": _sentence,
    }
    for name in ("parts.html", "report.html"):
        environment.get_template(name)
    return environment


@pass_context
def _finished(context: Context, value: Any) -> Any:
    """What a template writes: a text without secrets, unless it is our own."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return harmless(context["redactor"].clean(value))
    return value


def _linked(text: str) -> list[tuple[str, str]]:
    """A source in pieces, each with the address of the page that it names; empty for what names none."""
    pieces: list[tuple[str, str]] = []
    end = 0
    for found in _DOCS.finditer(text):
        pieces += [(text[end : found.start()], ""), (found[0], f"https://{found[0]}")]
        end = found.end()
    return [piece for piece in [*pieces, (text[end:], "")] if piece[0]]


def _sentence(text: str) -> str:
    """`text` with a capital letter and a full stop."""
    text = text.strip()
    return text if not text else f"{text[0].upper()}{text[1:]}{'' if text[-1] in '.!?:”' else '.'}"


def _asset(environment: Environment, name: str) -> Markup:
    """A file of ours that stands in the page as it is."""
    assert environment.loader is not None
    return Markup(environment.loader.get_source(environment, name)[0])  # noqa: S704 - our own style and script


def _policy(*assets: str) -> Markup:
    """What a browser may do with the page: its own style and script, and nothing else, whatever was answered."""
    style, script = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in assets)
    return Markup(  # noqa: S704 - base64 of our own files
        f"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )

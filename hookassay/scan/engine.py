"""The scan: what all files show, what follows from them together, and what of it may be ignored."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .check import Circumstances, checks
from .finding import Finding, Hit
from .reading import read_all
from .rule import SEVERITIES, Rule, rules
from .suppression import Suppression
from .tree import Skipped, Tree


@dataclass(frozen=True)
class ScanSettings:
    """What a scan is told.

    Attributes:
        exclude: Patterns as in .gitignore of what is not to be read.
        ignore: Ids of rules that do not apply to this codebase.
        table: The name of the table that holds the orders.
        columns: Standard column name → what the implementation calls it.
        database: The URL of a live database whose table is looked at too.
    """

    exclude: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    table: str = "orders"
    columns: Mapping[str, str] = field(default_factory=dict)
    database: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Scan:
    """What a scan found.

    Attributes:
        root: The folder that was scanned.
        findings: What breaks a rule, by severity, then by place.
        suppressed: What would be a finding, had a comment not said why it is none.
        skipped: Files that were not read, or not wholly.
        notes: What else the reader should know, a sentence each.
        files: How many files were read.
        seconds: How long it took.
        rules: The rules that were looked for.
        within: The path from the repository's top to `root`, ending in a slash; empty at the top or without one.
        secrets: Texts that nobody may be shown, whatever rule knows of them.
    """

    root: Path
    findings: tuple[Finding, ...]
    suppressed: tuple[tuple[Finding, Suppression], ...] = ()
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    files: int = 0
    seconds: float = 0.0
    rules: tuple[Rule, ...] = ()
    within: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def aborting(self) -> tuple[Finding, ...]:
        """The findings that nothing should be built or certified with."""
        return tuple(one for one in self.findings if one.rule.aborts)

    def fails(self, fail_on: str) -> bool:
        """Whether there is a finding as severe as `fail_on` or more (`never`: none is), or one that aborts."""
        severe = SEVERITIES[: SEVERITIES.index(fail_on) + 1] if fail_on in SEVERITIES else ()
        return any(one.rule.severity in severe or one.rule.aborts for one in self.findings)


def scan(root: Path, settings: ScanSettings | None = None) -> Scan:
    """Look for whatever breaks a rule in the files below `root`.

    Raises:
        UsageError: there is nothing at `root`.
    """
    began = time.perf_counter()
    told = settings or ScanSettings()
    applied = tuple(rule for rule in rules() if rule.id not in told.ignore)
    tree = Tree(root, told.exclude)
    circumstances = Circumstances(tree, told.table, tuple(told.columns.items()), told.database)
    # Rules that are ignored are looked for too: they know of secrets in lines that other rules show.
    watchers = list(checks(rules(), circumstances))
    seen = read_all(tree, watchers)
    hits, skipped, notes = list(seen.hits), list(seen.skipped), list[str]()
    for check, facts in zip(watchers, seen.facts, strict=True):
        for found in check.conclude(facts):
            if isinstance(found, Skipped):
                skipped.append(found)
            else:
                hits.append(found)
    findings, suppressed, odd = _sorted_out(hits, applied, seen.comments)
    if not seen.files:
        notes.append("No file was read: there is none of a kind that is read, or git ignores them all.")
    return Scan(
        tree.root,
        tuple(findings),
        tuple(suppressed),
        tuple(dict.fromkeys(skipped)),
        (*notes, *odd),
        seen.files,
        time.perf_counter() - began,
        applied,
        tree.within,
        tuple(dict.fromkeys(secret for hit in hits for secret in hit.secrets if secret.strip())),
    )


def _sorted_out(
    hits: Sequence[Hit], applied: Sequence[Rule], comments: Sequence[Suppression]
) -> tuple[list[Finding], list[tuple[Finding, Suppression]], list[str]]:
    """Findings, strongest first and each once; those that a comment speaks of; and what is odd about comments."""
    known = {rule.id: rule for rule in applied}
    every = {rule.id: rule for rule in rules()}
    speaking = {(one.path, one.line, rule): one for one in comments for rule in one.rules}
    once = {(hit.rule, hit.place): hit for hit in reversed(hits) if hit.rule in known}
    found = [Finding(known[hit.rule], hit) for hit in once.values()]
    found.sort(key=lambda one: (SEVERITIES.index(one.rule.severity), one.rule.id, one.place))
    findings: list[Finding] = []
    suppressed: list[tuple[Finding, Suppression]] = []
    used: set[Suppression] = set()
    for finding in found:
        comment = speaking.get((finding.place.path, finding.place.line, finding.rule.id))
        if comment is not None:
            used.add(comment)
        if comment is not None and comment.reason:
            suppressed.append((finding, comment))
        else:
            findings.append(finding)
    notes = []
    for comment in comments:
        where, names = f"{comment.path}:{comment.written}", ", ".join(comment.rules)
        unknown = sorted(set(comment.rules) - every.keys())
        if not comment.rules:
            notes.append(f"{where}: `ignore` must name a rule (SC-12) and say why; until then it ignores nothing.")
        elif unknown:
            notes.append(f"{where}: there is no rule {', '.join(unknown)}.")
        elif not comment.reason:
            notes.append(f"{where}: `ignore {names}` must say why, behind the id; until then it ignores nothing.")
        elif comment not in used and set(comment.rules) <= known.keys():
            notes.append(f"{where}: `ignore {names}` ignores nothing; remove it.")
    return findings, suppressed, notes

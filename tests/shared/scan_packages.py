"""What the scan finds in public packages: `python tests/shared/scan_packages.py` fetches, scans and compares.

`tests/scan/packages.yml` names them by version and holds the judgement of each finding, made by hand. Nothing of a
package is run or installed. It ends with 1 where a finding has no judgement, or a judged one is not found any more;
`--write` writes docs/scan-packages.md from the judgements.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from hookassay.scan.engine import scan
from hookassay.scan.rule import rules

JUDGEMENTS = Path(__file__).parents[1] / "scan" / "packages.yml"
PAGE = Path(__file__).parents[2] / "docs" / "scan-packages.md"

HEAD = """# What the scan finds in public packages

Packages that handle Stripe's webhooks, as anybody gets them from PyPI or npm, and what `hookassay scan` finds in them.
Each finding was read in the code and judged by hand; what is wrong in them beyond that and could be seen in source is
said as missed. `python tests/shared/scan_packages.py` fetches these versions, scans them and compares; it also writes
this page (`--write`), which a test compares with the judgements.
"""


@dataclass(frozen=True)
class Judged:
    """A finding that somebody judged.

    Attributes:
        rule: The rule's id.
        place: Path and line, relative to the folder that was scanned.
        right: Whether it is a fault.
        reason: Why it is one, or why not.
    """

    rule: str
    place: str
    right: bool
    reason: str


@dataclass(frozen=True)
class Package:
    """One package, and what is known of it.

    Attributes:
        name: As its registry calls it.
        registry: `pypi` or `npm`.
        version: The version that was judged.
        below: The folder inside it that is scanned.
        read: What was read to judge it.
        missed: What is wrong there and not found; empty where nothing is known.
        findings: What is found.
    """

    name: str
    registry: str
    version: str
    below: str
    read: str
    missed: str
    findings: tuple[Judged, ...]


def packages() -> tuple[Package, ...]:
    """Every package that was judged."""
    return tuple(map(_package, yaml.safe_load(JUDGEMENTS.read_text(encoding="utf-8"))))


def _package(table: dict[str, Any]) -> Package:
    return Package(
        name=table["package"],
        registry=table["registry"],
        version=str(table["version"]),
        below=table.get("below", ""),
        read=" ".join(table["read"].split()),
        missed=" ".join(table.get("missed", "").split()),
        findings=tuple(Judged(**finding) for finding in table.get("findings", ())),
    )


def page() -> str:
    """docs/scan-packages.md."""
    every = packages()
    found = [finding for package in every for finding in package.findings]
    right = sum(finding.right for finding in found)
    severities = {rule.id: f"{rule.name}, {rule.severity}" for rule in rules()}
    lines = [HEAD, f"{len(every)} packages, {len(found)} findings, {right} of them right."]
    for package in every:
        lines.append(f"\n## {package.name} {package.version} ({'PyPI' if package.registry == 'pypi' else 'npm'})\n")
        lines.append(package.read)
        if package.findings:
            lines.append("\n| rule | where | judged | why |\n|---|---|---|---|")
        for one in package.findings:
            judged = "right" if one.right else "wrong"
            lines.append(f"| {one.rule} ({severities[one.rule]}) | `{one.place}` | {judged} | {one.reason} |")
        if not package.findings:
            lines.append("\nNo finding.")
        if package.missed:
            lines.append(f"\nMissed: {package.missed}")
    return "\n".join(lines) + "\n"


def compare(package: Package, folder: Path) -> Iterator[str]:
    """Fetch and scan a package in `folder`; what differs from its judgement, a line each."""
    done = scan(_fetched(package, folder) / package.below)
    found = {(one.rule.id, f"{one.place.path}:{one.place.line}") for one in done.findings}
    judged = {(one.rule, one.place) for one in package.findings}
    print(f"{package.name} {package.version}: {len(found)} findings in {done.files} files, {done.seconds:.1f} s")
    for rule, place in sorted(found - judged):
        yield f"  not judged: {rule} {place}"
    for rule, place in sorted(judged - found):
        yield f"  not found any more: {rule} {place}"


def _fetched(package: Package, folder: Path) -> Path:
    """The package, unpacked and not installed."""
    if package.registry == "npm":
        command = ["npm", "pack", "--silent", "--ignore-scripts", f"{package.name}@{package.version}"]
    else:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command += [f"{package.name}=={package.version}"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (archive,) = folder.iterdir()
    source = folder / "source"
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(source)
    else:
        with tarfile.open(archive) as tarball:
            tarball.extractall(source, filter="data")
    return source


def main() -> int:
    """Compare each package with its judgement; the exit code."""
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    differing = 0
    for package in packages():
        with TemporaryDirectory() as folder:
            for line in compare(package, Path(folder)):
                differing += 1
                print(line)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())

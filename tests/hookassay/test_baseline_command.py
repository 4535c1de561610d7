"""Known failures as a user meets them: written, lived with, and taken out again."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import judged
import pytest
from defective import DEFECTS, serving

from hookassay.judging.feature import examples

CLAUSE = "SG-02"
FAILING = [{"clause": CLAUSE, "example": example} for example in examples()[CLAUSE]]


@dataclass(frozen=True)
class Shop:
    """A server that is wrong in one clause, and the folder that it is judged from."""

    url: str
    folder: Path

    def judged(self, *arguments: str) -> judged.Judged:
        orders = f"sqlite:///{self.folder / 'orders.db'}"
        return judged.certify(self.folder, self.url, "--orders", orders, "--only", f"{CLAUSE},SG-03", *arguments)

    def listed(self, file: str = "hookassay-baseline.toml") -> list[dict[str, str]]:
        known: list[dict[str, str]] = tomllib.loads((self.folder / file).read_text())["known"]
        return known


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A server that refuses a v0 item."""
    folder = tmp_path_factory.mktemp("known")
    with serving(DEFECTS["v0_refused"], folder) as url:
        yield Shop(url, folder)


def test_from_red_to_green(shop: Shop) -> None:
    """The first run is red and writes what fails; the next ones are green while it stands, and say so first."""
    first = shop.judged("--write-baseline")
    second = shop.judged("--baseline", "hookassay-baseline.toml")

    assert (first.exit_code, first.verdict) == (1, "not certified"), first.output
    assert [{name: one[name] for name in ("clause", "example")} for one in shop.listed()] == FAILING
    assert "hookassay-baseline.toml" in first.output
    assert (second.exit_code, second.verdict) == (0, "passed (partial)"), second.output
    assert second.report["left_out"][0].startswith(f"Known to fail: {CLAUSE} (TODO: say why")
    assert second.having("failed") == {CLAUSE}


def test_a_new_failure_is_red(shop: Shop) -> None:
    """What is not listed fails the run, although the same clause is listed with another example."""
    (shop.folder / "known.toml").write_text(
        f'[[known]]\nclause = "{CLAUSE}"\nexample = "{FAILING[0]["example"]}"\nreason = "ticket 7"\n'
    )

    done = shop.judged("--baseline", "known.toml", "--write-baseline")

    assert (done.exit_code, done.verdict) == (1, "not certified"), done.output
    assert f"Scenario: {FAILING[1]['example']}" in done.output
    assert [one["reason"][:8] for one in shop.listed("known.toml")] == ["ticket 7", "TODO: sa"]
    assert "--write-baseline" not in done.output


def test_what_passes_must_be_taken_out(shop: Shop) -> None:
    """A listed example that passes is red, named, and a failure in junit.xml; an unjudged one is neither."""
    listed = [*FAILING, *({"clause": clause, "example": examples()[clause][0]} for clause in ("SG-03", "RF-01"))]
    (shop.folder / "stale.toml").write_text(
        "".join(
            f'[[known]]\nclause = "{one["clause"]}"\nexample = "{one["example"]}"\nreason = "x"\n' for one in listed
        )
    )

    done = shop.judged("--baseline", "stale.toml")

    assert (done.exit_code, done.verdict) == (1, "not certified"), done.output
    assert f"Remove it there: SG-03 ({listed[2]['example']})." in " ".join(done.output.split())
    junit = (shop.folder / "hookassay-report" / "junit.xml").read_text()
    assert junit.count("remove it there") == 2  # its message and its text
    assert 'failures="1"' in junit


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--baseline", "none.toml"], "none.toml does not exist"),
        (["--baseline", "misspelt.toml"], "Did you mean 'SG-02'?"),
        (["--write-baseline", "none/known.toml"], "its folder does not exist"),
        (["--write-baseline", "http://127.0.0.1:1/x"], "took the URL for its FILE"),
    ],
)
def test_usage(tmp_path: Path, arguments: list[str], told: str) -> None:
    """A wrong baseline ends the run before anything is sent, with exit 2."""
    (tmp_path / "misspelt.toml").write_text('[[known]]\nclause = "SG-2"\nexample = "x"\nreason = "x"\n')

    done = judged.certify(tmp_path, *arguments)

    assert done.exit_code == 2, done.output
    assert told in " ".join(done.output.split())
    assert "Traceback" not in done.output


def test_list(tmp_path: Path) -> None:
    """--list says how many failures of a clause are known."""
    (tmp_path / "known.toml").write_text(
        f'[[known]]\nclause = "{CLAUSE}"\nexample = "{FAILING[0]["example"]}"\nreason = "x"\n'
    )

    done = judged.certify(tmp_path, "--list", "--baseline", "known.toml")

    assert f"{CLAUSE}  MUST    2 examples; 1 known to fail" in done.output

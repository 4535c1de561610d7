"""The file of known failures: what it may hold, what is wrong with it, and how it is written anew."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from hookassay.errors import UsageError
from hookassay.judging.baseline import DEFAULT_NAME, PLACEHOLDER, Baseline, Entry, opened
from hookassay.judging.contract import Contract
from hookassay.judging.feature import examples
from hookassay.sender.version import SUPPORTED

CONTRACT = Contract.load()
TITLES = examples()
FIRST, SECOND = TITLES["SG-02"][:2]
OLDER = SUPPORTED[0]


def read(folder: Path, text: str) -> Baseline:
    file = folder / "known.toml"
    file.write_text(text, encoding="utf-8")
    return Baseline.read(file, CONTRACT, TITLES)


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(UsageError) as raised:
        read(folder, text)
    return str(raised.value)


def entry(**fields: str) -> str:
    """The text of an entry about SG-02, with other fields; a blank one is left out."""
    told = {"clause": "SG-02", "example": FIRST, "reason": "ticket 7"} | fields
    return "[[known]]\n" + "".join(f"{name} = '''{value}'''\n" for name, value in told.items() if value)


class TestRead:
    def test_entries(self, tmp_path: Path) -> None:
        """An entry is a clause, an example of it, a reason, and the API version where that is another one."""
        found = read(tmp_path, entry() + entry(api_version=OLDER, reason="older still"))

        assert found.entries == (
            Entry("SG-02", FIRST, "ticket 7"),
            Entry("SG-02", FIRST, "older still", OLDER),
        )

    def test_nothing_known(self, tmp_path: Path) -> None:
        """An empty file lists nothing."""
        assert read(tmp_path, "# all is well\n").entries == ()

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("[[known]", "must be TOML in UTF-8"),
            ("known = 3", "must hold nothing but [[known]] tables"),
            ("known = [3]", "must hold nothing but [[known]] tables"),
            ("[[knwon]]\n", "must hold nothing but [[known]] tables"),
            (entry(clause="SG-2"), "number 1: there is no clause 'SG-2'. Did you mean 'SG-02'? `hookassay clauses`"),
            (entry(example=FIRST[:-1]), f"SG-02 has no example {FIRST[:-1]!r}. Did you mean {FIRST!r}? `hookassay"),
            (entry(reason="  "), "the reason is empty. Say why"),
            (entry(reason=""), "reason is missing. Each entry needs clause, example, reason."),
            (entry(clause=""), "clause is missing"),
            ("[[known]]\nclause = 2\nexample = 'x'\nreason = 'y'", "clause must be text that is not blank"),
            (entry(api_version="2023-10-15"), f"api_version must be one of {', '.join(SUPPORTED)}; leave it out"),
            (entry(zz="x"), "zz is unknown. The keys are clause, example, api_version, reason."),
            (entry(reasons="x"), "reasons is unknown. Did you mean 'reason'?"),
            (entry() + entry(reason="again"), f"SG-02 ({FIRST}) is listed twice. Keep one of the two."),
        ],
    )
    def test_refused(self, tmp_path: Path, text: str, message: str) -> None:
        """What is wrong is said with its place, what it must be, and the nearest name."""
        assert message in refusal(tmp_path, text)

    def test_a_may_needs_no_excuse(self, tmp_path: Path) -> None:
        """A MAY fails no run, so an entry about one would never be used."""
        (may,) = [clause.id for clause in CONTRACT if clause.level == "MAY"]

        told = refusal(tmp_path, entry(clause=may, example=TITLES[may][0]))

        assert "is a MAY, which fails no run. Remove the entry." in told

    def test_bytes_that_are_no_text(self, tmp_path: Path) -> None:
        """A file in another encoding is refused."""
        (tmp_path / "known.toml").write_bytes(b"\xff\xfe")
        with pytest.raises(UsageError, match="must be TOML in UTF-8"):
            Baseline.read(tmp_path / "known.toml", CONTRACT, TITLES)

    def test_no_file(self, tmp_path: Path) -> None:
        """A file that does not exist is told how to be written."""
        with pytest.raises(UsageError, match=r"does not exist\. Name one that does, or write it: --write-baseline"):
            Baseline.read(tmp_path / "none.toml", CONTRACT, TITLES)

    def test_a_folder(self, tmp_path: Path) -> None:
        """A folder is no file."""
        with pytest.raises(UsageError, match="cannot be read"):
            Baseline.read(tmp_path, CONTRACT, TITLES)


class TestWrittenAnew:
    def test_round_trip(self, tmp_path: Path) -> None:
        """What is written is read as it was, whatever stands in a reason."""
        reason = 'It says "not\\yet";\n\tsee \N{SNOWMAN} \x7f'
        known = Baseline(tmp_path / "known.toml", (Entry("SG-02", FIRST, reason), Entry("SG-02", FIRST, "b", OLDER)))

        assert read(tmp_path, known.text(CONTRACT)) == known

    def test_new_failures_wait_for_a_reason(self, tmp_path: Path) -> None:
        """What fails for the first time is listed with a placeholder, which is accepted and reads as one."""
        found = Baseline(tmp_path / "known.toml").written_anew(
            [Entry("SG-02", FIRST, PLACEHOLDER)], (), CONTRACT, TITLES
        )

        assert read(tmp_path, found.text(CONTRACT)).entries[0].reason.startswith("TODO: say why")

    def test_reasons_are_kept(self, tmp_path: Path) -> None:
        """What still fails keeps the reason that a person wrote."""
        known = Baseline(tmp_path, (Entry("SG-02", FIRST, "ticket 7"),))

        found = known.written_anew([Entry("SG-02", FIRST, PLACEHOLDER)], (), CONTRACT, TITLES)

        assert found == known

    def test_what_passes_goes_and_what_was_not_judged_stays(self, tmp_path: Path) -> None:
        """A run that judged a part of the contract says nothing about the rest."""
        passing, unjudged = Entry("SG-02", FIRST, "a"), Entry("SG-02", SECOND, "b")
        known = Baseline(tmp_path, (passing, unjudged))

        assert known.written_anew((), [passing], CONTRACT, TITLES).entries == (unjudged,)

    def test_order(self, tmp_path: Path) -> None:
        """Entries stand in the contract's order, however they were found, so that a diff shows what changed."""
        wanted = [
            Entry("SG-02", FIRST, "x"),
            Entry("SG-02", FIRST, "x", OLDER),
            Entry("SG-02", SECOND, "x"),
            Entry("RF-01", TITLES["RF-01"][0], "x"),
        ]

        found = Baseline(tmp_path, (wanted[3], wanted[1])).written_anew([wanted[2], wanted[0]], (), CONTRACT, TITLES)

        assert list(found.entries) == wanted

    def test_comments(self, tmp_path: Path) -> None:
        """The file says what it is for, and above the entries of a clause once what that demands."""
        text = Baseline(tmp_path, (Entry("SG-02", FIRST, "ticket 7"), Entry("SG-02", SECOND, "x"))).text(CONTRACT)

        assert text.startswith("# Failures that are known and accepted for now: hookassay certify --baseline FILE\n")
        assert f"\n\n# MUST: {CONTRACT['SG-02'].title}\n[[known]]\n" in text
        assert text.count(CONTRACT["SG-02"].title) == 1
        assert tomllib.loads(text)["known"][0] == {"clause": "SG-02", "example": FIRST, "reason": "ticket 7"}

    def test_titles_tell_examples_apart(self) -> None:
        """No clause has two examples of one title: an entry would be about both."""
        assert [clause for clause, titles in TITLES.items() if len(set(titles)) < len(titles)] == []


class TestOpened:
    @pytest.fixture(autouse=True)
    def _here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)

    def test_none(self) -> None:
        """Without a file nothing is known, and nothing is written."""
        assert opened(None, None, CONTRACT) == (None, None)

    @pytest.mark.parametrize(
        ("told", "write", "file"),
        [(None, "", DEFAULT_NAME), (None, "other.toml", "other.toml"), ("known.toml", "", "known.toml")],
    )
    def test_what_is_written(self, told: str | None, write: str, file: str) -> None:
        """The named file, else the one that the run goes by, else the usual one; it need not exist yet."""
        (_, target) = opened(Path(told) if told else None, write, CONTRACT)

        assert target == Baseline(Path(file))

    def test_one_file_for_both(self, tmp_path: Path) -> None:
        """The file that is gone by and written may be named twice, in two ways, and need not exist yet."""
        found = opened(tmp_path / "known.toml", "known.toml", CONTRACT)

        assert found == (Baseline(Path("known.toml")), Baseline(Path("known.toml")))

    def test_elsewhere(self, tmp_path: Path) -> None:
        """A file that is not below the working folder is named in full."""
        elsewhere = tmp_path.parent / "known.toml"
        (_, target) = opened(None, str(elsewhere), CONTRACT)

        assert target == Baseline(elsewhere)

    def test_one_to_go_by_must_exist(self) -> None:
        """A baseline that is not there is a mistake unless this run writes it."""
        with pytest.raises(UsageError, match=r"known\.toml does not exist"):
            opened(Path("known.toml"), "other.toml", CONTRACT)

    def test_the_url_as_its_file(self) -> None:
        """The option's FILE may be left out, and then a URL behind it is taken for it: that is said."""
        with pytest.raises(UsageError, match=r"took the URL for its FILE\. Put the URL first"):
            opened(None, "http://localhost:4242/hook", CONTRACT)

    def test_no_folder(self) -> None:
        """A file that could not be written in the end is refused in the beginning."""
        with pytest.raises(UsageError, match="its folder does not exist"):
            opened(None, "none/known.toml", CONTRACT)

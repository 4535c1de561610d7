"""The contract as data: what the packaged file says, which names select what, and what a wrong file is told."""

from __future__ import annotations

from collections import Counter

import pytest

from hookassay.errors import UsageError
from hookassay.judging.contract import NEEDS, PHASES, Contract

EVENT_TYPES = {
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.refund.updated",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "charge.failed",
    "charge.succeeded",
}

SMALL = """
contract = "1"
payload = ["SG-01", "replayed"]

[groups]
SG = { name = "signed", title = "Signed." }
RP = { name = "replayed", title = "Replayed." }

[[clause]]
id = "SG-01"
level = "MUST"
title = "It is accepted."
source = "a source"
prevents = "A failure."
allowed = []
test = "It is sent."
phase = "positive"
needs = ["orders"]
events = [["charge.succeeded"]]
depends = []

[[clause]]
id = "RP-05"
level = "SHOULD"
title = "It happens once."
source = "a source"
prevents = "A failure."
allowed = ["a 409"]
test = "It is sent twice."
phase = "race"
needs = []
events = []
depends = ["SG-01"]
"""


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract.load()


class TestPackagedContract:
    def test_it_has_115_clauses(self, contract: Contract) -> None:
        """The contract has 93 MUST, 21 SHOULD and 1 MAY."""
        assert Counter(clause.level for clause in contract) == {"MUST": 93, "SHOULD": 21, "MAY": 1}

    def test_clauses_stand_group_by_group(self, contract: Contract) -> None:
        """Clauses follow the order of the groups, and of their numbers within a group."""
        groups = [group.id for group in contract.groups]
        places = [(groups.index(clause.group), clause.id) for clause in contract]

        assert places == sorted(places)

    def test_every_group_has_clauses(self, contract: Contract) -> None:
        """No group is empty."""
        assert {clause.group for clause in contract} == {group.id for group in contract.groups}

    def test_only_real_event_types_are_named(self, contract: Contract) -> None:
        """Every event type is one that Stripe sends about a purchase."""
        assert {name for clause in contract for types in clause.events for name in types} <= EVENT_TYPES

    def test_everything_rests_on_acceptance(self, contract: Contract) -> None:
        """Every clause but those that say why, or how soon, nothing is accepted rests on SG-01, directly or not."""
        alone = [clause.id for clause in contract if contract["SG-01"] not in contract.prerequisites(clause.id)]

        assert alone == ["SG-01", "SG-07", "DL-01", "DL-03", "DL-04"]

    def test_what_a_clause_rests_on_runs_no_later(self, contract: Contract) -> None:
        """No clause runs in an earlier phase than one it rests on."""
        late = [
            (clause.id, needed.id)
            for clause in contract
            for needed in contract.prerequisites(clause.id)
            if PHASES.index(needed.phase) > PHASES.index(clause.phase)
        ]

        assert late == []

    def test_what_must_not_happen_rests_on_its_positive_twin(self, contract: Contract) -> None:
        """A clause that proves nothing where refunds or disputes are not seen rests on the one that says they are."""
        converging = {"CV-01", "CV-02", "CV-03"}
        twins = {
            twin: {clause.id for clause in contract if contract[twin] in contract.prerequisites(clause.id)}
            for twin in ("RF-01", "DP-01")
        }

        assert twins == {
            "RF-01": {f"RF-{n:02}" for n in (2, 3, 4, 5, 7, 8, 9)}
            | {"OO-01", "OO-06", "OO-09"}
            | converging
            | {"CV-04", "CV-06"},
            "DP-01": {f"DP-{n:02}" for n in (3, 5, 6, 7, 9, 10, 11, 12, 13, 14)}
            | {"OO-02", "OO-07"}
            | converging
            | {"CV-05"},
        }

    def test_orders_are_needed_where_rows_are_looked_at(self, contract: Contract) -> None:
        """Whatever is said about a row of an order needs an order reader."""
        about_rows = [clause for clause in contract if {"unique", "amounts", "shop"} & set(clause.needs)]

        assert all("orders" in clause.needs for clause in about_rows)

    def test_what_rests_on_a_paid_order_needs_orders(self, contract: Contract) -> None:
        """A clause that rests on OR-01 cannot be seen without an order reader either."""
        resting = [clause for clause in contract if contract["OR-01"] in contract.prerequisites(clause.id)]

        assert all("orders" in clause.needs for clause in resting)

    @pytest.mark.parametrize(
        ("phase", "ids"),
        [
            (
                "forgery",
                "FG-01 FG-02 FG-03 FG-04 FG-05 FG-07 FG-08 FG-09 FG-10 FG-11 FG-12 FG-13 FG-14 RP-01 RP-02",
            ),
            ("race", "RP-05 DL-03 CV-04 CV-05 CV-06"),
            ("harm", "FL-02 FL-03 FL-04 FL-05 DL-08 DL-09 DL-10 EX-01 EX-02 EX-03"),
        ],
    )
    def test_phases(self, contract: Contract, phase: str, ids: str) -> None:
        """Forgeries, races and timings, and what could harm the endpoint run after all that must work."""
        assert [clause.id for clause in contract if clause.phase == phase] == ids.split()

    def test_the_texts_are_whole_sentences(self, contract: Contract) -> None:
        """Sentence, reason and test end as sentences do, and hold no run of blanks from wrapping."""
        texts = [text for clause in contract for text in (clause.title, clause.prevents, clause.test)]

        assert [text for text in texts if not text.endswith((".", ".)")) or "  " in text or "\n" in text] == []


class TestGetItem:
    def test_id(self, contract: Contract) -> None:
        """A clause is found by its id."""
        assert contract["RP-05"].title == "N concurrent deliveries of one event produce exactly one effect."

    def test_unknown_id(self, contract: Contract) -> None:
        """An id that is no clause is a KeyError: an error of ours, not of the person at the command line."""
        with pytest.raises(KeyError):
            contract["RP-99"]


class TestSelect:
    def test_no_names(self, contract: Contract) -> None:
        """No names select everything."""
        assert contract.select([]) == contract.clauses

    @pytest.mark.parametrize("name", ["RP", "rp", "replayed", "Replayed", " replayed "])
    def test_group(self, contract: Contract, name: str) -> None:
        """A group's id or name, in any case, selects its clauses."""
        assert {clause.group for clause in contract.select([name])} == {"RP"}
        assert len(contract.select([name])) == 8

    def test_ids(self, contract: Contract) -> None:
        """Ids select in the contract's order, each clause once."""
        selected = contract.select(["rp-05", "SG-01", "RP-05"])

        assert [clause.id for clause in selected] == ["SG-01", "RP-05"]

    def test_unknown_name(self, contract: Contract) -> None:
        """An unknown name is told the nearest valid one, what it must be, and how to list them."""
        with pytest.raises(UsageError) as raised:
            contract.select(["replaid"])

        assert str(raised.value) == (
            "There is no clause or group 'replaid'. Did you mean replayed? It must be a clause id such as SG-01, or one"
            " of the groups signed, forged, replayed, out-of-order, orders, refunds, disputes, failures, delivery,"
            " exposure, convergent, durable; `hookassay clauses` lists them all."
        )

    def test_mistyped_id(self, contract: Contract) -> None:
        """A mistyped id is told the id that is nearest."""
        with pytest.raises(UsageError, match=r"Did you mean RP-05\?"):
            contract.select(["RP5"])

    def test_nothing_near(self, contract: Contract) -> None:
        """Where nothing is near, nothing is suggested."""
        with pytest.raises(UsageError, match=r"group '…'\. It must be"):
            contract.select(["…"])

    def test_blank_name(self, contract: Contract) -> None:
        """A blank name selects nothing, and is refused."""
        with pytest.raises(UsageError, match="no clause or group ' '"):
            contract.select([" "])


class TestPrerequisites:
    def test_transitive(self, contract: Contract) -> None:
        """What a clause rests on is followed to the end."""
        assert [clause.id for clause in contract.prerequisites("OO-01")] == ["SG-01", "OR-01", "RF-01"]

    def test_none(self, contract: Contract) -> None:
        """SG-01 rests on nothing."""
        assert contract.prerequisites("SG-01") == ()


class TestParse:
    def test_values(self) -> None:
        """Lists become tuples, and a clause knows its group."""
        contract = Contract.parse(SMALL)
        clause = contract["RP-05"]

        assert (clause.allowed, clause.events, clause.depends) == (("a 409",), (), ("SG-01",))
        assert contract["SG-01"].events == (("charge.succeeded",),)
        assert contract.group_of(clause).name == "replayed"
        assert contract.payload == ("SG-01", "RP-05")

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ('level = "SHOULD"', 'level = "OUGHT"', "RP-05: level must be one of MUST, SHOULD, MAY; got 'OUGHT'"),
            (
                'phase = "race"',
                'phase = "late"',
                "RP-05: phase must be one of positive, forgery, race, harm, fault; got 'late'",
            ),
            ("needs = []", 'needs = ["order"]', f"RP-05: needs must be one of {', '.join(NEEDS)}; got 'order'"),
            ("needs = []", "needs = [[]]", f"RP-05: needs must be one of {', '.join(NEEDS)}; got []"),
            ("needs = []", 'needs = "orders"', "RP-05: needs must be a list"),
            ("events = []", 'events = ["charge.failed"]', "RP-05: events must be a list of lists"),
            ("events = []", "events = [[]]", "RP-05: events must be a list of lists"),
            ("events = []", "events = [[1]]", "RP-05: events must hold texts only; got 1"),
            ('allowed = ["a 409"]', 'allowed = [" "]', "RP-05: allowed must hold texts only; got ' '"),
            ('test = "It is sent twice."', "", "RP-05: test is missing"),
            ('test = "It is sent twice."', 'test = " "', "RP-05: test is empty"),
            ('test = "It is sent twice."', "test = 2", "RP-05: test must be a str"),
            ("needs = []", "needs = []\nneed = []", "RP-05: unknown key 'need'; the keys are id, level, title"),
            ('depends = ["SG-01"]', 'depends = ["SG-02"]', "RP-05 depends on SG-02, which is no clause"),
            ("depends = []", 'depends = ["RP-05"]', "SG-01 depends on itself"),
            ('id = "RP-05"', 'id = "SG-01"', "SG-01 is there twice"),
            ('id = "RP-05"', 'id = "XX-05"', "XX-05 belongs to none of the groups RP, SG"),
            ('id = "RP-05"', 'id = "RP5"', "every clause must be a table with an id such as RP-05"),
            ('contract = "1"', "", "the contract: contract is missing"),
            ('contract = "1"', 'contract = "1"\nversions = ["2"]', "versions must name each version once, the last"),
            ('contract = "1"', 'contract = "1"\nversions = ["1", "1"]', "versions must name each version once"),
            ('contract = "1"', 'contract = "1"\nversions = []', "SG-01: since must be one of ; got ''"),
            ('contract = "1"', 'contract = "1"\nversions = [1]', "the contract: versions must hold texts only; got 1"),
            ("depends = []", 'depends = []\nsince = "2"', "SG-01: since must be one of 1; got '2'"),
            ('payload = ["SG-01", "replayed"]', "", "the contract: payload is missing"),
            ('["SG-01", "replayed"]', '["SG-01", "replaid"]', "payload: There is no clause or group 'replaid'"),
            ('["SG-01", "replayed"]', "[3]", "the contract: payload must hold texts only; got 3"),
            ('title = "Signed."', "titel = 1, title = 2", "the group SG: unknown key 'titel'"),
            ('{ name = "signed", title = "Signed." }', "1", "the group SG must be a table"),
            ("[groups]", "[levels]\nx = 1\n[groups]", "the level x must be a table"),
            ("[groups]", "[levels]\nx = { groups = [] }\n[groups]", "the level x: title is missing"),
            ("[groups]", '[levels]\nx = { groups = [1], title = "" }\n[groups]', "the level x: groups must hold texts"),
        ],
    )
    def test_refuses(self, old: str, new: str, message: str) -> None:
        """What would be misread is refused, naming the clause."""
        assert old in SMALL

        with pytest.raises(ValueError, match=r"\A(?s:.*)\Z") as raised:
            Contract.parse(SMALL.replace(old, new, 1))

        assert str(raised.value).startswith(message)

    def test_no_clause(self) -> None:
        """A contract without clauses could only pass, and is refused."""
        with pytest.raises(ValueError, match="the contract has no clause"):
            Contract.parse('contract = "1"\npayload = []\nclause = []\n[groups]\n')


class TestVersions:
    """A contract that had a version before: RP-05 came with the second one."""

    GROWN = SMALL.replace('contract = "1"', 'contract = "2"\nversions = ["1", "2"]') + 'since = "2"\n'

    def test_the_newest_is_judged_by(self) -> None:
        """Without a wish all clauses count."""
        contract = Contract.parse(self.GROWN).at(None)

        assert contract.version == "2"
        assert [contract.counts(clause) for clause in contract] == [True, True]

    def test_an_older_one_is_frozen(self) -> None:
        """A clause that came later is there, and does not count."""
        contract = Contract.parse(self.GROWN).at("1")

        assert contract.version == "1"
        assert {clause.id: contract.counts(clause) for clause in contract} == {"SG-01": True, "RP-05": False}

    def test_unknown_version(self) -> None:
        """A version that never was is told those that were."""
        with pytest.raises(UsageError, match=r"There is no contract '3'\. It must be one of 1, 2\."):
            Contract.parse(self.GROWN).at("3")

    def test_a_clause_is_of_the_first_version_unless_it_says_otherwise(self, contract: Contract) -> None:
        """Whatever does not say since when it is there was there from the beginning."""
        assert Contract.parse(self.GROWN)["SG-01"].since == "1"
        assert contract["SG-01"].since == contract.versions[0] == "2026.1"

    def test_an_older_clause_rests_on_no_later_one(self) -> None:
        """Otherwise what is not counted could leave out what is."""
        text = self.GROWN.replace('since = "2"', "").replace("depends = []", 'depends = []\nsince = "2"')

        with pytest.raises(ValueError, match="RP-05 depends on SG-01, which came later"):
            Contract.parse(text)

    def test_one_without_versions(self) -> None:
        """A contract that names no versions has its own."""
        contract = Contract("7", (), ())

        assert contract.at("7") == contract

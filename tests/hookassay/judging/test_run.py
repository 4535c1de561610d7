"""What a run is going to judge, and in which API versions."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from hookassay.config import LATEST_API_VERSION, EndpointSettings, OrdersSettings, RunSettings, Settings
from hookassay.judging.contract import Contract
from hookassay.judging.run import Plan, plan
from hookassay.report.listing import print_plan
from hookassay.sender.version import SUPPORTED

CONTRACT = Contract.load()


def planned(*only: str, api_version: str = "all", **endpoint: Any) -> Plan:
    settings = Settings(
        endpoint=EndpointSettings(api_version=api_version, **endpoint),
        orders=OrdersSettings(source="sqlite:///orders.db"),
        run=RunSettings(only=only),
    )
    return plan(CONTRACT, settings)


class TestVersions:
    def test_one_version_is_judged_once(self) -> None:
        """Without `all` nothing is judged again."""
        found = planned(api_version="2023-10-16")

        assert (found.versions, found.again) == (("2023-10-16",), {})
        assert found.scenarios == found.scenarios_in("2023-10-16")

    def test_all_begins_with_the_latest(self) -> None:
        """Everything is judged in the latest version, and what depends on the payload in each older one."""
        found = planned()

        assert found.versions == SUPPORTED[::-1]
        assert found.judged_in(LATEST_API_VERSION) == found.runnable
        assert set(found.again) == set(found.runnable) & set(CONTRACT.payload)
        assert all(found.judged_in(version) == found.again for version in found.versions[1:])

    def test_only_narrows_all_versions(self) -> None:
        """What was not asked for is judged in no version; what the chosen clauses rest on is, in each."""
        found = planned("RF-08")

        assert set(found.again) == {"SG-01", "OR-01", "RF-01", "RF-08"} == set(found.runnable)

    def test_what_no_payload_changes_is_judged_once(self) -> None:
        """A clause about signatures is judged in the first version only."""
        found = planned("FG-03")

        assert "FG-03" in found.runnable
        assert set(found.again) == {"SG-01"}

    def test_whoever_consents_is_told_of_all_versions(self) -> None:
        """The estimate of deliveries grows with the versions."""
        once, all_versions = planned(api_version=LATEST_API_VERSION), planned()

        assert all_versions.scenarios == once.scenarios + 4 * all_versions.scenarios_in(SUPPORTED[0])
        assert all_versions.estimate() > once.estimate()

    def test_whoever_consents_is_told_of_every_order(self) -> None:
        """The many deliveries of the clauses that try every order are in the estimate."""
        deliveries, purchases = planned("CV-01", api_version=LATEST_API_VERSION).estimate()

        assert deliveries > 3000
        assert purchases > 300

    def test_the_listing_tells_them(self) -> None:
        """`--list` says how many scenarios run in older versions, and in which."""
        output = StringIO()
        found = planned("OR-01")

        print_plan(found, CONTRACT, Console(file=output, width=200, highlight=False, markup=False))

        again = 4 * found.scenarios_in("2022-11-15")
        expected = f"({again} of them in 2025-03-31.basil, 2024-10-28.acacia, 2023-10-16, 2022-11-15); about"
        assert expected in output.getvalue()


@pytest.mark.parametrize("group", ["SG-01", "OO", "OR", "RF", "DP"])
def test_the_contract_names_what_depends_on_the_payload(group: str) -> None:
    """Every clause about what Stripe's objects say is among those that each version is judged by."""
    assert {clause.id for clause in CONTRACT.select([group])} <= set(CONTRACT.payload)


def test_what_a_payload_clause_rests_on_is_one_too() -> None:
    """No clause is judged in a version without what it rests on."""
    needed = {needed.id for clause_id in CONTRACT.payload for needed in CONTRACT.prerequisites(clause_id)}

    assert needed <= set(CONTRACT.payload)


def test_a_plan_for_one_version_needs_no_more() -> None:
    """A plan without versions is a plan for one."""
    clause = CONTRACT["SG-01"]
    found = Plan((clause,), {clause.id: clause}, {}, {clause.id: 3})

    assert found.scenarios == 3
    assert replace(found, versions=("a", "b"), again={clause.id: clause}).scenarios == 6

"""What an endpoint behaves like, as a page tells it."""

from __future__ import annotations

from runs import ALIKE

from hookassay.judging.diagnosis import Diagnosis
from hookassay.report.behaviour import MOST_OPEN, Behaviour

SEEN = Behaviour.of(Diagnosis(ALIKE, ("RP-05",)))


def test_the_likeliest_come_first() -> None:
    """They are told at once; what else has the same signs is counted, and none is lost."""
    likely, further = ([one for remedy in some for one in remedy.defects] for some in (SEEN.likely, SEEN.further))

    assert likely == list(ALIKE[:MOST_OPEN])
    assert further == list(ALIKE[MOST_OPEN:])
    assert SEEN.unshown == 2


def test_equal_fixes_are_said_once() -> None:
    """Defects that are mended in the same way stand together, and a fix that was said is not said again."""
    assert [(len(one.defects), one.fix) for one in SEEN.likely] == [
        (2, "Let the database refuse a second one."),
        (1, "Lock in the database."),
    ]
    assert [one.fix for one in SEEN.further] == ["", "Hold the lock until the work commits."]


def test_one_defect_has_no_alternatives() -> None:
    """There is nothing further to open."""
    assert Behaviour.of(Diagnosis(ALIKE[:1], ("RP-05",))).further == ()

"""What can go wrong, as two trees: findings about the endpoint, and everything else.

ContractViolation        the endpoint broke a clause: the only thing that makes a scenario `failed`
Unjudged                 a scenario has no verdict, for a reason that is nobody's fault
  NotTestable            there is nothing to observe the clause with
  NotApplicable          the clause is outside what was declared
HookassayError           the run cannot go on, or cannot begin
  UsageError             wrong usage or configuration: exit 2
  NotJudged              the endpoint cannot be judged: exit 3
    Unanswered           it, or what reads its orders, does not answer any more
  Refused                a certificate cannot be trusted: exit 1
HarnessError             the harness could not finish an observation: `error`, ours, never the endpoint's
"""

from __future__ import annotations


class ContractViolation(AssertionError):  # noqa: N818 - a finding, not an error
    """The endpoint did what a clause forbids, or did not do what it demands."""

    def __init__(self, expected: str, seen: str, *, timeline: str = "") -> None:
        """Say in one phrase each what was `expected` and what was `seen`, after the deliveries of a `timeline`."""
        super().__init__(
            f"{timeline}: expected {expected}, saw {seen}" if timeline else f"expected {expected}, saw {seen}"
        )
        self.expected = f"{expected}, after {timeline}" if timeline else expected
        self.seen = seen


class Unjudged(Exception):  # noqa: N818 - an outcome, not an error
    """A scenario ends without a verdict; the message is the reason shown to the reader."""


class NotTestable(Unjudged):
    """There is nothing to observe this with (no order reader, a reader of one row, a race that never overlapped)."""


class NotApplicable(Unjudged):
    """The clause lies outside what the endpoint was declared to do."""


class HookassayError(Exception):
    """A run cannot begin or go on; the message says what is wrong, what it must be, and what to do."""

    exit_code = 3


class UsageError(HookassayError):
    """The command line, the environment or hookassay.toml is wrong."""

    exit_code = 2


class NotJudged(HookassayError):  # noqa: N818 - an outcome
    """The endpoint or its orders cannot be observed, so that nothing can be said about them."""

    exit_code = 3


class Unanswered(NotJudged):
    """Too much was waited for in vain, so that the rest of the run would be as much in vain."""


class Refused(HookassayError):  # noqa: N818 - an outcome
    """A certificate cannot be trusted; the message says what is wrong with it."""

    exit_code = 1


class HarnessError(Exception):
    """The harness could not finish an observation (a reader failed, a barrier never showed)."""

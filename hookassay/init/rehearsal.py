"""The rehearsal: the preflight with the file that was written, and what it found, in the words of a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from rich.console import Console

from .. import configuration
from ..config import Settings
from ..endpoint import Endpoint
from ..errors import HookassayError, NotJudged, UsageError
from ..judging.contract import Contract
from ..judging.preflight import reach
from ..judging.run import Run
from ..orders.adapter import open_reader
from ..redaction import Redactor
from ..report.paper import Paper, many
from ..report.terminal import TerminalReport
from ..stripe_api.address import Address
from ..stripe_api.client import StripeApi

JUDGED, NOT_JUDGED = 0, 3


class Rehearsal:
    """One preflight."""

    def __init__(self, settings: Settings, redactor: Redactor, console: Console) -> None:
        """Prepare to try these settings; what is printed goes through `redactor`."""
        self._settings = settings
        self._redactor = redactor
        self._console = console
        self._paper = Paper(console, redactor)

    def perform(self, again: str, start: str, judge: str, *, consents: bool) -> int:
        """Try it; the exit code: 3 where something answers that cannot be judged, else 0.

        Args:
            again: The command that tries once more.
            start: The command that probably starts the shop; may be empty.
            judge: The command that judges it.
            consents: Whether another machine may receive anything.

        Raises:
            UsageError: there is no endpoint to try, or its secret is missing.
        """
        if self._settings.endpoint.app is not None or self._settings.endpoint.url is None:
            raise UsageError(
                "There is no [endpoint] url to try. An application in this process is tried by the run itself: "
                "hookassay certify --app MODULE:CALLABLE."
            )
        endpoint = configuration.endpoint(self._settings)
        try:
            reach(endpoint)
        except NotJudged as error:
            self._say("The endpoint does not run yet:", str(error).partition("\n")[0])
            with suppress(NotJudged):
                self._orders()
            how = f"start it ({start})" if start else "start it"
            self._say("Next:", f"{how}, then: {again}")
            return JUDGED
        if not endpoint.loopback and not consents:
            self._say("Not tried:", f"{endpoint.host} is another machine. To send it about 15 purchases: {again} --yes")
            return JUDGED
        try:
            with self._stand_in() as stripe_api:
                created = self._run(endpoint, stripe_api)
        except (NotJudged, UsageError) as error:
            self._say("It cannot be judged yet:", str(error))
            self._say("Next:", f"mend that, then: {again}")
            return NOT_JUDGED
        self._paper.line()
        self._say("It can be judged.", f"{many(len(created), 'purchase')} of this trial reached it.")
        self._say("Next:", judge)
        return JUDGED

    def _run(self, endpoint: Endpoint, stripe_api: StripeApi | None) -> tuple[str, ...]:
        contract = Contract.load()
        report = TerminalReport(self._console, contract, self._redactor)
        run = Run(self._settings, endpoint, contract, self._redactor, report, stripe_api=stripe_api)
        return run.rehearse()

    def _orders(self) -> None:
        """Say whether the orders can be read, which needs no endpoint."""
        if self._settings.orders.source is None or self._settings.orders.source.startswith(("http", "/", "cmd:")):
            return
        reader = None
        try:
            reader = open_reader(self._settings.orders, self._settings.folder, self._settings.run.timeout)
            if reader is not None:
                reader.check()
                self._say("The orders can be read:", f"{reader.kind}, with every column that is named")
        except HookassayError as error:
            self._say("The orders cannot be read yet:", str(error))
        finally:
            if reader is not None:
                reader.close()

    @contextmanager
    def _stand_in(self) -> Iterator[StripeApi | None]:
        told = self._settings.stripe_api
        if told.address is None:
            yield None
            return
        from ..stripe_api import process

        with process.running(Address.parse(told.address), told.token) as api:
            yield api

    def _say(self, label: str, text: str) -> None:
        self._paper.paragraph(label, text, indent=0, width=len(label) + 1, hang=2 - len(label) - 1, style="bold")

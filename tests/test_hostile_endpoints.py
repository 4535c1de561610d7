"""Endpoints and order readers that mean harm: each run ends soon, in little memory, with a clear result.

All runs are made at once, several at a time, since most of each is waiting; the tests look at what came of them.
"""

from __future__ import annotations

import os
import signal
import ssl
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import gunicorn_process
import pytest
from hostile_server import behaviours, shaking_hands_for_ever, turning
from scripted import OK, Script, Scripted, answering, self_signed, serving

pytestmark = [pytest.mark.slow, pytest.mark.siege]

SECRET = "whsec_aG9zdGlsZSBlbmRwb2ludHM"
TOKEN = "hostile-orders-token-4711"

LONGEST = 60.0
"""Seconds that a run may take beside the others; alone each takes about five."""

MEASURE = """\
import resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "w") as peak:
    peak.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code)
"""
"""Runs a command and writes down its peak in KiB. A small process: of a large one, a child would inherit the peak."""

LARGEST = 200 * 1024 * 1024
"""Bytes of memory that a run may take; one at an honest endpoint takes about 90 MiB."""

AT_A_TIME = 6

PREFLIGHT = 33
"""How many deliveries the preflight makes at an honest endpoint."""

READINGS = 24
"""How many readings of orders it makes at least."""

TOLD = {
    "hangs": "no answer within 0.5 s",
    "drips a head": "no end of the answer within 0.5 s",
    "drips a header": "no end of the answer within 0.5 s",
    "drips a body": "no end of the answer within 0.5 s (it began with 500)",
    "closes at once": "closed the connection without an answer",
    "closes in the head": "closed the connection in the middle of the answer",
    "closes in the body": "500",
    "closes in a chunk": "not a valid HTTP answer (IncompleteRead) (it began with 500)",
    "10 GB": "500",
    "a body until it closes": "500",
    "a line of a status without end": "not a valid HTTP answer (LineTooLong)",
    "100,000 headers": "not a valid HTTP answer (HTTPException)",
    "headers without end": "not a valid HTTP answer (HTTPException)",
    "a header without end": "not a valid HTTP answer (LineTooLong)",
    "no HTTP": "not a valid HTTP answer (BadStatusLine)",
    "no status": "not a valid HTTP answer (BadStatusLine)",
    "bytes": "not a valid HTTP answer (BadStatusLine)",
    "a bomb": "500",
    "a bomb in a bomb": "500",
    "a redirect": "307",
    "a length that is too long": "500",
    "a length that is too short": "500",
    "several lengths": "500",
    "a length that is none": "500",
    "chunks without end": "500",
    "a chunk without end": "500",
    "a size of a chunk without end": "not a valid HTTP answer (LineTooLong) (it began with 500)",
    "trailers without end": "an answer without end (it began with 500)",
    "100 without end": "an answer without end",
    "103 without end": "an answer without end",
    "101": "101",
}
"""What is told of each behaviour."""

SLOW = ("hangs", "drips a head", "drips a header", "drips a body", "never ends", "leaves a child")
SLOW += ("a handshake in drips", "no TLS at all")
"""Those whose answers never come to an end: they are waited for but half a second. The others get time enough, even
where the machine is so busy that a thread waits for its turn."""

LATER = ("hangs", "drips a body", "closes at once", "closes in the head", "10 GB", "100,000 headers", "a redirect")
LATER += ("no HTTP", "a bomb", "103 without end")

READ = ("hangs", "drips a header", "drips a body", "closes in the head", "10 GB", "headers without end", "a redirect")
READ += ("a bomb", "a bomb in a bomb", "103 without end")

READ_LATER = ("hangs", "drips a header", "10 GB", "a redirect", "a bomb")

COMMANDS = {
    "prints without end": "yes",
    "complains without end": "yes >&2",
    "never ends": "sleep 600",
    "leaves a child": "sleep 600 & exit 0",
    "is deep": "python3 -c 'print(\"[\" * 100000)'",
}

TLS = ("expired", "self-signed", "a handshake in drips", "no TLS at all")


@dataclass(frozen=True)
class Outcome:
    """How a run ended, what it printed in one line, how long it took, and how many bytes of memory."""

    code: int
    output: str
    seconds: float
    memory: int


@dataclass
class Stage:
    """Everybody who took part."""

    outcomes: dict[tuple[str, str], Future[Outcome]] = field(default_factory=dict)
    endpoints: list[Scripted] = field(default_factory=list)
    readers: list[Scripted] = field(default_factory=list)
    elsewhere: list[Scripted] = field(default_factory=list)

    def outcome(self, kind: str, name: str) -> Outcome:
        """What came of a run, which must have been bounded and must have told no secret."""
        outcome = self.outcomes[kind, name].result()
        assert outcome.seconds < LONGEST, outcome.output
        assert outcome.memory < LARGEST
        assert SECRET not in outcome.output
        assert TOKEN not in outcome.output
        assert "Traceback" not in outcome.output
        assert "hookassay broke" not in outcome.output
        return outcome


def certify(folder: Path, url: str, *words: str) -> Outcome:
    """Run `hookassay certify` in a process of its own, and end it where it does not end."""
    folder.mkdir()
    env = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    env |= {"STRIPE_WEBHOOK_SECRET": SECRET, "ORDERS_TOKEN": TOKEN, "COLUMNS": "1000"}
    line = [sys.executable, "-c", "from hookassay.cli import main; main()", "certify", url, "--settle", "0.3"]
    line += ["--only", "SG-01", "--report", str(folder / "report"), *words]
    output, peak = folder / "output", folder / "peak"
    streams = [
        (os.POSIX_SPAWN_OPEN, 1, str(output), os.O_CREAT | os.O_WRONLY, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    began = time.monotonic()
    measured = [sys.executable, "-I", "-S", "-c", MEASURE, str(peak), *line]
    pid = os.posix_spawn(sys.executable, measured, env, file_actions=streams, setsid=True)
    while not (ended := os.waitpid(pid, os.WNOHANG))[0]:
        if time.monotonic() - began > LONGEST:
            os.killpg(pid, signal.SIGKILL)
        time.sleep(0.05)
    text = " ".join(output.read_text(errors="replace").split())
    memory = int(peak.read_text()) * 1024
    return Outcome(os.waitstatus_to_exitcode(ended[1]), text, time.monotonic() - began, memory)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Every run, under way or done."""
    folder = tmp_path_factory.mktemp("hostile")
    stage = Stage()
    with ExitStack() as stack:
        # Behind those that turn hostile is the reference server; each delivery comes on a connection of its own.
        env = {
            "STRIPE_SECRET_KEY": "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
            "STRIPE_WEBHOOK_SECRET": SECRET,
            "ORDERS_TOKEN": TOKEN,
            "DATABASE_URL": f"sqlite:///{folder / 'orders.db'}",
        }
        origin = stack.enter_context(gunicorn_process.running("hookassay.server.wsgi:app", env=env))
        pool = stack.enter_context(ThreadPoolExecutor(AT_A_TIME))
        elsewhere = stack.enter_context(serving(answering(OK)))
        stage.elsewhere.append(elsewhere)

        def hostile(status: bytes = b"500 Broken") -> Mapping[str, Script]:
            return behaviours(status, f"http://127.0.0.1:{elsewhere.port}/stripe/webhook")

        def serve(script: Script, servers: list[Scripted], tls: ssl.SSLContext | None = None) -> str:
            server = stack.enter_context(serving(script, tls))
            servers.append(server)
            return f"{'https' if tls else 'http'}://127.0.0.1:{server.port}"

        def start(kind: str, name: str, url: str, *words: str) -> None:
            place = folder / f"{kind}-{len(stage.outcomes)}"
            words = ("--timeout", "0.5" if name in SLOW else "10", *words)
            stage.outcomes[kind, name] = pool.submit(certify, place, f"{url}/stripe/webhook", *words)

        database = ("--orders", f"sqlite:///{folder / 'orders.db'}")
        token = ("--orders-header", "Authorization: Bearer " + TOKEN)
        for name in LATER:
            script = turning(origin, PREFLIGHT + 2, hostile()[name])
            start("later", name, serve(script, stage.endpoints), *database)
        for name in READ:
            orders = serve(hostile(b"200 OK")[name], stage.readers)
            start("read", name, origin, "--orders", f"{orders}/orders/{{session_id}}", *token)
        for name in READ_LATER:
            orders = serve(turning(origin, READINGS, hostile(b"200 OK")[name]), stage.readers)
            start("read later", name, origin, "--orders", f"{orders}/orders/{{session_id}}", *token)
        for name, text in COMMANDS.items():
            program = folder / name.replace(" ", "-")
            program.write_text(f"#!/bin/sh\n{text}\n")
            program.chmod(0o700)
            start("command", name, origin, "--orders", f"cmd:{program} {{session_id}}")
        for name in TOLD:
            start("first", name, serve(hostile()[name], stage.endpoints))
        trusted, context = self_signed(folder)
        (folder / "expired").mkdir()
        expired_file, expired_context = self_signed(folder / "expired", days=-1)
        start("tls", "self-signed", serve(answering(OK), stage.endpoints, context))
        start("tls", "expired", serve(answering(OK), stage.endpoints, expired_context), "--cacert", str(expired_file))
        shaking = stack.enter_context(shaking_hands_for_ever())
        start("tls", "a handshake in drips", f"https://127.0.0.1:{shaking.port}")
        start("tls", "no TLS at all", serve(answering(OK), stage.endpoints).replace("http", "https"))
        start("tls", "hangs", serve(hostile()["hangs"], stage.endpoints, context), "--cacert", str(trusted))
        yield stage


@pytest.mark.parametrize("name", TOLD)
def test_from_the_first_byte(stage: Stage, name: str) -> None:
    """An endpoint that is hostile from the first byte is not judged, and what came back is told."""
    outcome = stage.outcome("first", name)

    # A redirect is no accident, but what the contract forbids.
    assert outcome.code == (1 if name == "a redirect" else 3), outcome.output
    assert TOLD[name] in outcome.output, outcome.output


@pytest.mark.parametrize("name", LATER)
def test_after_a_good_start(stage: Stage, name: str) -> None:
    """An endpoint that turns hostile while it is judged fails the clause that is judged, by what came back."""
    outcome = stage.outcome("later", name)

    assert outcome.code == 1, outcome.output
    assert "SG-01 MUST" in outcome.output
    assert TOLD[name] in outcome.output, outcome.output


@pytest.mark.parametrize("name", READ)
def test_orders(stage: Stage, name: str) -> None:
    """Where orders cannot be read because whoever shows them is hostile, nothing is delivered and nobody blamed."""
    outcome = stage.outcome("read", name)

    assert outcome.code == 3, outcome.output
    assert "orders" in outcome.output
    assert "not judged" in outcome.output or "Check --orders" in outcome.output or "redirect" in outcome.output


@pytest.mark.parametrize("name", READ_LATER)
def test_orders_after_a_good_start(stage: Stage, name: str) -> None:
    """Where whoever shows orders turns hostile after a while, the run ends, and the endpoint is not blamed."""
    outcome = stage.outcome("read later", name)

    assert outcome.code == 3, outcome.output
    assert "failed" not in outcome.output.partition("not judged")[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_commands(stage: Stage, name: str) -> None:
    """A command that never ends, or prints without end, is stopped before anything is delivered."""
    outcome = stage.outcome("command", name)

    assert outcome.code == 3, outcome.output
    assert "must print [] and exit with 0" in outcome.output


@pytest.mark.parametrize("name", TLS)
def test_tls(stage: Stage, name: str) -> None:
    """Where the endpoint cannot be known to be who it is, nothing is delivered."""
    outcome = stage.outcome("tls", name)

    assert outcome.code == 3, outcome.output
    assert "cannot be reached: " in outcome.output


def test_over_tls(stage: Stage) -> None:
    """What ends a run at a hostile endpoint ends it over TLS too."""
    outcome = stage.outcome("tls", "hangs")

    assert outcome.code == 3, outcome.output
    assert TOLD["hangs"] in outcome.output


def test_secrets_stay(stage: Stage) -> None:
    """Nobody is sent the signing secret, only who shows orders is sent their header, and nobody follows a redirect."""
    for outcome in stage.outcomes.values():
        outcome.result()

    received = [arrival.data for server in stage.endpoints for arrival in server.arrivals]
    read = [arrival.data for server in stage.readers for arrival in server.arrivals]
    assert len(received) > 100
    assert not [data for data in received + read if SECRET.encode() in data or SECRET[6:].encode() in data]
    assert not [data for data in received if TOKEN.encode() in data]
    assert read
    assert all(b"\r\nAuthorization: Bearer " + TOKEN.encode() + b"\r\n" in data for data in read)
    assert [server.connections for server in stage.elsewhere] == [0]

"""A program of the shop's (`cmd:…`): run without a shell, bounded in time and output."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import HarnessError, UsageError
from ..redaction import scrubbed
from .placeholders import arguments_of, in_arguments

_LARGEST_OUTPUT = 1024 * 1024
_TELLING = ("SECRET", "TOKEN", "PASSWORD", "PASSWD", "API_KEY", "DATABASE_URL")


class Program:
    """Runs `PROGRAM ARGUMENT…` in a folder, with the environment inherited and nothing on standard input."""

    def __init__(self, command: str, folder: Path, timeout: float) -> None:
        """Prepare; `timeout` in seconds bounds one run.

        Raises:
            UsageError: the command cannot be split into words.
        """
        self.name = arguments_of(command)[0]
        self._command = command
        self._folder = folder
        self._timeout = timeout

    def run(self, values: Mapping[str, Any]) -> bytes:
        """What the program prints, its placeholders replaced by `values`.

        Raises:
            UsageError: there is no such program, or it may not be executed.
            HarnessError: it exits with something else than 0, takes too long, or prints more than 1 MiB.
        """
        try:
            process = subprocess.Popen(
                in_arguments(self._command, values),
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # a group of its own, so that whatever it starts can be stopped with it
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "its arguments hold a NUL"
            raise UsageError(
                f"The program {self.name} cannot be started in {self._folder}: {reason}. It must be on the PATH, or be "
                "an executable file given by a path from that folder."
            ) from None
        try:
            output, complaint, code = self._collect(process)
        finally:
            self._stop(process)
        if code != 0:
            said = scrubbed(complaint[-2000:].decode("utf-8", "replace"), _environment_secrets(), limit=2000)[-300:]
            ended = f"exited with {code}" if code > 0 else f"was ended by signal {-code}"
            raise HarnessError(f"The program {self.name} {ended}{f'; it said: {said}' if said else ''}")
        return output

    def _collect(self, process: subprocess.Popen[bytes]) -> tuple[bytes, bytes, int]:
        """Both streams to their end, of standard error only the last part, and the exit code."""
        assert process.stdout is not None
        assert process.stderr is not None
        output, complaint = bytearray(), bytearray()
        deadline = time.monotonic() + self._timeout
        late = HarnessError(f"The program {self.name} did not end within {self._timeout:g} s.")
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ, output)
            selector.register(process.stderr, selectors.EVENT_READ, complaint)
            while selector.get_map():
                ready = selector.select(max(0.0, deadline - time.monotonic()))
                # Looked at as well where something is ready: a program that complains without end always is.
                if not ready or time.monotonic() >= deadline:
                    raise late
                for key, _ in ready:
                    piece = os.read(key.fd, 65536)
                    key.data.extend(piece)
                    if not piece:
                        selector.unregister(key.fileobj)
                del complaint[:-8192]
                if len(output) > _LARGEST_OUTPUT:
                    raise HarnessError(f"The program {self.name} printed more than 1 MiB, which is too much.")
        try:
            return bytes(output), bytes(complaint), process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise late from None

    @staticmethod
    def _stop(process: subprocess.Popen[bytes]) -> None:
        # Not asked whether it has ended, for what it started may not have; until it is asked, its number stays its own.
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        process.wait()


def _environment_secrets() -> list[str]:
    """What the inherited environment lets the program complain about aloud."""
    return [value for name, value in os.environ.items() if any(word in name.upper() for word in _TELLING)]

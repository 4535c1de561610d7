"""`python kill_workers.py PIDFILE`: kill the processes that the one named in the file started."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path


def main(pidfile: str) -> None:
    """Send each SIGKILL."""
    parent = Path(pidfile).read_text(encoding="ascii").strip()
    for entry in Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split():
        os.kill(int(entry), signal.SIGKILL)


main(sys.argv[1])

"""Where the stand-in listens, HOST:PORT, and where it is reached from this machine."""

from __future__ import annotations

import re
from dataclasses import dataclass

CONTROL = "/_hookassay"
"""The private route: GET says what this is, PUT tells it of a purchase."""

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - for containers, where the user asks for it


@dataclass(frozen=True)
class Address:
    """A host name or IP address, and a TCP port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """The address that `text` writes: `127.0.0.1:12111`, `localhost:12111`, `[::1]:12111`.

        Raises:
            ValueError: it is no HOST:PORT.
        """
        found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):([0-9]{1,5})", text)
        if not found or not 0 < int(found[3]) <= 65535:
            raise ValueError(text)
        return cls(found[1] or found[2], int(found[3]))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def reached(self) -> Address:
        """Where to connect to: this machine, where it listens on all its interfaces."""
        return Address(EVERYWHERE.get(self.host, self.host), self.port)

    @property
    def url(self) -> str:
        """The base URL to point an SDK on this machine at."""
        return f"http://{self.reached}"

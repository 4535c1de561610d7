"""`python -m hookassay.storm` prints where the locustfile is, for whoever starts Locust on another machine."""

from __future__ import annotations

from pathlib import Path

if __name__ == "__main__":
    print(Path(__file__).with_name("locustfile.py"))

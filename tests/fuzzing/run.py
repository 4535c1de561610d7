"""Search for an input that the reference server does not stand: `python tests/fuzzing/run.py [--seconds N]`.

atheris (libFuzzer) changes what is known and keeps whatever reaches code that nothing else reached. What is found is
kept in `corpus/`, reduced to what is needed; an input that breaks the server is written to `found/` and ends the search
with 1. It needs atheris, which is installed with the extra `test` where it exists as a wheel.
"""

from __future__ import annotations

import argparse
import logging
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "shared"))

FOUND = HERE / "found"
LONGEST = 4096
"""Bytes of the inputs tried: an event with everything that is read has less."""


def main() -> int:
    """Search at each entrance for its share of the time; 1 where something was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=int, default=600, help="for all entrances together; default 600")
    parser.add_argument("--keep", action="store_true", help="add what was learned to the corpus")
    parser.add_argument("--entrance", help="search at this one, in this process; the rest is libFuzzer's")
    options, rest = parser.parse_known_args()
    if options.entrance:
        search(options.entrance, rest)
    from fuzzing.entrances import CORPUS, SHARES

    broken = 0
    for name, share in SHARES.items():
        corpus = CORPUS / name
        with tempfile.TemporaryDirectory(prefix="fuzzing-") as folder:
            learned = Path(folder, "learned")
            learned.mkdir()
            broken |= _start(name, Path(folder), learned, corpus, seconds=max(1, round(options.seconds * share)))
            if options.keep and not broken:
                reduced = Path(folder, "reduced")
                reduced.mkdir()
                _start(name, Path(folder), reduced, learned, corpus, merge=True)
                shutil.rmtree(corpus)
                shutil.copytree(reduced, corpus)
    return broken


def _start(name: str, folder: Path, *corpora: Path, seconds: int = 0, merge: bool = False) -> int:
    """Run libFuzzer in a process of its own, which it ends itself; 1 where it found something."""
    from fuzzing.entrances import WORDS

    words = folder / "words"
    words.write_text("".join(f'"{word}"\n' for word in WORDS))
    FOUND.mkdir(exist_ok=True)
    flags = ["-merge=1"] if merge else [f"-max_total_time={seconds}", f"-dict={words}", "-print_final_stats=1"]
    flags += [f"-max_len={LONGEST}", f"-artifact_prefix={FOUND}/{name}-", "-timeout=10"]
    done = subprocess.run([sys.executable, __file__, "--entrance", name, *flags, *map(str, corpora)], check=False)
    if not any(FOUND.iterdir()):
        FOUND.rmdir()
    return int(done.returncode != 0)


def search(name: str, flags: list[str]) -> None:
    """Become libFuzzer at one entrance; it ends this process."""
    import atheris
    import stripe

    logging.disable()
    with atheris.instrument_imports(include=["hookassay.server", "gunicorn.http", "stripe", "json"]):
        from fuzzing.entrances import Entrances

        assert stripe.WebhookSignature  # imported when it is named first, which must be now
    entrance = getattr(Entrances(), name)
    # What libFuzzer starts for a merge is this again, by a shell.
    atheris.Setup([shlex.join([sys.executable, __file__, "--entrance", name]), *flags], entrance)
    atheris.Fuzz()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())

"""Judging several servers at a time, because most of the time of a judgement is waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import judged
import pytest


@contextmanager
def under_way(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    judge: Callable[[str, Path], judged.Judged],
    at_a_time: int,
) -> Iterator[Mapping[str, Future[judged.Judged]]]:
    """The judgement of every `name` that the chosen tests of this module are about, under way or done.

    `judge` is given the name and a folder of its own. Only tests that ask for the requesting fixture count.
    """
    wanted = {
        str(item.callspec.params["name"]): None
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.module is request.module
        and request.fixturename in item.fixturenames
        and "name" in item.callspec.params
    }
    folders = {name: tmp_path_factory.mktemp("judged") for name in wanted}
    pool = ThreadPoolExecutor(at_a_time)
    try:
        yield {name: pool.submit(judge, name, folder) for name, folder in folders.items()}
    finally:
        pool.shutdown(cancel_futures=True)

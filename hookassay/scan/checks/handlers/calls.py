"""What the code of an entry point reaches by calls, be it in other files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from ...code.node import Span, holds, overlap
from ...code.outline import Function, Reference
from .directory import Directory
from .entry import Reached
from .routes.route import Route
from .sheet import Sheet

_TYPE = re.compile(r"\btype\b|\.Type\b|event_?type|EventType", re.IGNORECASE)


class Calls:
    """The calls in a codebase, followed from function to function."""

    def __init__(self, directory: Directory) -> None:
        """Follow the names that `directory` knows."""
        self._directory = directory
        self._sheets = directory.sheets
        self._called: dict[Function, list[Function]] = {}
        self._registrars: dict[Function, bool] = {}

    def from_function(self, function: Function) -> Reached:
        """What a function reaches, itself included."""
        return self.reach(self._sheets[function.path], function.span)

    def from_route(self, sheet: Sheet, route: Route) -> Reached:
        """What a route reaches: its handlers, and whatever else it names."""
        names = [one.name for one in sheet.outline.within(route.span)]
        targets: list[Function] = []
        for handler in route.handlers:
            if "#" in handler:
                targets.extend(self._directory.action(handler))
        classes = [self._directory.methods(sheet, name) for name in (*names, *route.handlers)]
        for methods in classes:
            chosen = [one for one in methods if one.name in (*names, *route.handlers)]
            chosen = chosen or [one for one in methods if one.name in ("__invoke", "post", "on_post")] or methods
            targets.extend(chosen)
        alone = [name for name in route.handlers if "#" not in name and not any(classes)]
        for name in alone:
            targets.extend(self._directory.named(sheet, Reference(name, "", -1), None, set()))
        return self.reach(sheet, route.span, targets)

    def reach(self, sheet: Sheet, span: Span, targets: Iterable[Function] = ()) -> Reached:
        """What a stretch of a file reaches by the names in it, and by `targets`."""
        reached = Reached()
        self._collect(sheet, span, reached)
        waiting = [*targets]
        within = {one for one in sheet.outline.functions if span[0] <= one.span[0] and one.span[1] <= span[1]}
        reached.functions.extend(sorted(within, key=lambda one: one.span[0]))
        for reference in sheet.outline.within(span):
            waiting.extend(self._directory.named(sheet, reference, None, within))
        seen = set(within)
        while waiting:
            function = waiting.pop(0)
            if function in seen or self._registers(function):
                continue
            seen.add(function)
            reached.functions.append(function)
            self._collect(self._sheets[function.path], function.span, reached)
            waiting.extend(self._calls(function))
        return reached

    def callers(self, function: Function) -> list[Function]:
        """The functions that take a delivery and lead to `function`, without those that such a one calls in turn."""
        found: list[Function] = []
        waiting, seen = [function], {function}
        while waiting:
            for one in self._calling.get(waiting.pop(), ()):
                if one not in seen and not self._registers(one):
                    seen.add(one)
                    waiting.append(one)
                    if self.answers(one):
                        found.append(one)
        inner = {each for one in found for each in self.from_function(one).functions if each != one}
        return sorted((one for one in found if one not in inner), key=lambda one: (one.path, one.line)) or found[:1]

    @cached_property
    def _calling(self) -> dict[Function, set[Function]]:
        """Function → those that call it."""
        found: dict[Function, set[Function]] = {}
        for sheet in self._sheets.values():
            for one in sheet.outline.functions:
                for called in self._calls(one):
                    found.setdefault(called, set()).add(one)
        return found

    def answers(self, function: Function) -> bool:
        """Whether it reads the signature's header or looks at the type itself, as what takes a delivery does."""
        sheet = self._sheets[function.path]
        return any(holds(function.span, at) for at in (*sheet.headers, *sheet.compared))

    def _calls(self, function: Function) -> list[Function]:
        if function not in self._called:
            sheet = self._sheets[function.path]
            found: list[Function] = []
            for reference in sheet.outline.within(function.span):
                found.extend(self._directory.named(sheet, reference, function, {function}))
            for name in sheet.filters:
                found.extend(one for one in sheet.outline.functions if one.name == name)
            self._called[function] = list(dict.fromkeys(found))
        return self._called[function]

    def _collect(self, sheet: Sheet, span: Span, reached: Reached) -> None:
        reached.verified.update((sheet.path, at) for at in sheet.verified if holds(span, at))
        reached.by_hand.update((sheet.path, at) for at in sheet.by_hand if holds(span, at))
        # What is compared is the type of an event only where some type is spoken of.
        if _TYPE.search(sheet.outline.source.text, *span):
            reached.compared.update((sheet.path, at) for at in sheet.compared if holds(span, at))

    def _registers(self, function: Function) -> bool:
        """Whether it only names routes (`create_app`, `main`), so that what they lead to is not its own."""
        if function not in self._registrars:
            sheet = self._sheets[function.path]
            inner = [
                route.span
                for route in sheet.routes
                if function.span[0] <= route.span[0]
                and route.span[1] <= function.span[1]
                and route.span != function.span
            ]
            facts = [at for at in (*sheet.verified, *sheet.compared, *sheet.by_hand) if holds(function.span, at)]
            own = [at for at in facts if not any(holds(span, at) for span in inner)]
            nested = [
                one
                for one in sheet.outline.functions
                if one != function
                and any(holds(one.span, at) for at in own)
                and overlap(one.span, function.span)
                and one.span[0] >= function.span[0]
            ]
            self._registrars[function] = bool(inner) and (not own or bool(nested))
        return self._registrars[function]

"""All sheets together: which function a name means, and which file a module is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...code.outline import Function, Reference, bare
from .routes.route import Route, joined
from .sheet import Sheet

# Names that so many functions have that they say nothing without the file that they come from.
_COMMON = frozenset(
    """
    post get put delete patch handle handler process run execute main index create update call perform default action
    invoke __invoke __init__ constructor initialize new setup start webhook webhooks use all request response req res
    event events body data verify dispatch send save json text init register fetch
    """.split()
)


class Directory:
    """The sheets of a codebase, by path, and its functions and modules by name."""

    def __init__(self, sheets: Sequence[Sheet]) -> None:
        """Know the sheets, which it is asked about later."""
        self.sheets = {sheet.path: sheet for sheet in sheets}
        self._by_name: dict[str, list[Function]] = {}
        self._by_owner: dict[str, list[Function]] = {}
        for sheet in sheets:
            for function in sheet.outline.functions:
                self._by_name.setdefault(function.name, []).append(function)
                if function.owner:
                    self._by_owner.setdefault(function.owner, []).append(function)
        self._modules: dict[str, list[tuple[str, str]]] = {}
        for path in self.sheets:
            name = f"/{bare(path)}"
            self._modules.setdefault(name.rpartition("/")[2], []).append((name, path))
        self._found: dict[tuple[str, str], list[str]] = {}

    def named(
        self, sheet: Sheet, reference: Reference, caller: Function | None, inside: set[Function]
    ) -> list[Function]:
        """The functions that a name may mean, but for those that it stands in: none rather than a wrong one."""
        name, of = reference.name, reference.of
        defined = name in self._by_name or name in self._by_owner
        if not defined and (of or not (name in sheet.outline.imports or name in sheet.outline.instances)):
            return []
        own = of in ("", "this", "self", "cls")
        imports, instances = sheet.outline.imports, sheet.outline.instances
        if of in imports and not own:
            module, original = imports[of]
            return self._imported(sheet, module, original, name)
        if not of and name in imports:
            module, original = imports[name]
            return self._imported(sheet, module, "", original or "default")
        if of in instances:
            return [one for one in self._by_owner.get(instances[of], ()) if one.name == name]
        if not of and name in instances:
            return self.methods(sheet, instances[name]) if caller is None else []
        candidates = [one for one in self._by_name.get(name, ()) if one not in inside]
        if not own:
            typed = [one for one in candidates if one.owner.lower() == _class_of(of).lower()]
            if typed or name in _COMMON:
                return typed
        elif any(one.name == name for one in inside):
            return []
        here = [one for one in candidates if one.path == sheet.path]
        if len(here) > 1:
            owner = caller.owner if caller is not None else next((one.owner for one in inside), "")
            here = [one for one in here if one.owner == owner] if own else []
            return here if len(here) == 1 else []
        if here:
            return here
        if name in _COMMON or len(name) < 5:
            return []
        folder = sheet.path.rpartition("/")[0]
        if sheet.path.endswith(".go"):
            near = [one for one in candidates if one.path.rpartition("/")[0] == folder]
            if near:
                return near
        if len({one.path for one in candidates}) == 1:
            return candidates
        if not candidates and caller is not None and name[:1].isupper():
            # `ProcessEvent.perform_later`, `new Handler()`: whatever the class does.
            return self.methods(sheet, name)
        return []

    def _imported(self, sheet: Sheet, module: str, submodule: str, name: str) -> list[Function]:
        """The functions called `name` in a module, or in a module of that module."""
        modules = (
            [f"{module.rstrip('.')}.{submodule}" if module.strip(".") else f"{module}{submodule}"] if submodule else []
        )
        files: list[str] = []
        for candidate in (*modules, module):
            files = files or self.files(sheet, candidate)
        return [
            one
            for path in files
            for one in self.sheets[path].outline.functions
            if name in (one.name, one.owner) or (name == "default" and _exported(self.sheets[path], one))
        ]

    def files(self, sheet: Sheet, module: str) -> list[str]:
        """The files that a module may be, as it is imported in one."""
        key = sheet.path, module
        if key not in self._found:
            wanted = sheet.outline.module(module)
            whole = wanted.startswith("/")
            self._found[key] = [
                path
                for name, path in self._modules.get(wanted.rpartition("/")[2], ())
                if name == wanted or (not whole and wanted and (name.endswith(f"/{wanted}") or wanted.endswith(name)))
            ]
        return self._found[key]

    def methods(self, sheet: Sheet, name: str) -> list[Function]:
        """The methods of the class that a name means in one file."""
        methods = self._by_owner.get(name, [])
        paths = {one.path for one in methods}
        if len(paths) > 1:
            near = [one for one in methods if one.path == sheet.path]
            if not near and name in sheet.outline.imports:
                module = sheet.outline.imports[name][0]
                near = [one for one in methods if one.path in self.files(sheet, module)]
            return near
        return list(methods)

    def action(self, handler: str) -> list[Function]:
        """The action that a route of Rails names: `webhooks/stripe#create`."""
        controller, _, action = handler.partition("#")
        last = controller.strip("/").split("/")[-1]
        owner = "".join(part.capitalize() for part in last.split("_")) + "Controller"
        found = [
            one
            for name, methods in self._by_owner.items()
            if name.lower() == owner.lower()
            for one in methods
            if one.name == action
        ]
        near = [one for one in found if one.path.endswith(f"{controller.strip('/')}_controller.rb")]
        return near or found

    def whole(self, sheet: Sheet, route: Route) -> str:
        """The route's path with what its router is mounted at."""
        url = route.url
        if not url or not route.router:
            return joined("", url) if url else ""
        prefix = next((one.url for one in sheet.mounts if one.router == route.router and one.url.strip("/")), "")
        url = joined(prefix, url)
        for other in self.sheets.values():
            for mount in other.mounts:
                bound = other.outline.imports.get(mount.router.split(".")[0])
                if other is not sheet and bound and sheet.path in self.files(other, bound[0]):
                    return joined(mount.url, url)
        return url


def _exported(sheet: Sheet, function: Function) -> bool:
    """Whether it is what a file of JavaScript exports by default."""
    return function.name == "default" or bool(
        re.search(
            rf"export\s+default\s+(async\s+)?(function\s*\*?\s*)?{re.escape(function.name)}\b"
            rf"|module\.exports\s*=\s*{re.escape(function.name)}\b",
            sheet.outline.source.text,
        )
    )


def _class_of(variable: str) -> str:
    """The class that a variable is probably of: `stripe_service` or `stripeService` of StripeService."""
    return "".join(part[:1].upper() + part[1:] for part in variable.split("_"))

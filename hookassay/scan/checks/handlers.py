"""Places that handle Stripe's events: entry points whose code verifies a delivery or looks at the type of an event."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from ast_grep_py import SgNode

from ..check import Circumstances
from ..finding import Hit, Place
from ..language import GRAMMARS, language
from ..source import Source
from .outline import Function, Outline, Reference, Span, bare, start
from .routes import ANY, Mount, Route, joined, routes, text_of

_VERIFIERS = re.compile(
    r"^(construct_event|constructEvent|constructEventAsync|verify_header|verifyHeader|verifyHeaderAsync"
    r"|parse_event_notification|parseEventNotification|parse_thin_event|parseThinEvent|ParseThinEvent"
    r"|ParseEventNotification|ConstructEvent(WithOptions|WithTolerance|IgnoringTolerance)?"
    r"|ValidatePayload(WithTolerance|IgnoringTolerance)?)$"
)
_CALLS = MappingProxyType(
    {
        "python": ("call",),
        "javascript": ("call_expression",),
        "ruby": ("call",),
        "php": ("member_call_expression", "scoped_call_expression"),
        "go": ("call_expression",),
    }
)
_STRINGS = MappingProxyType(
    {
        "python": ("string",),
        "javascript": ("string",),
        "ruby": ("string",),
        "php": ("string", "encapsed_string"),
        "go": ("interpreted_string_literal", "raw_string_literal", "selector_expression"),
    }
)
_EVENT_TYPE = re.compile(
    r"(v1\.)?(checkout\.session|charge|charge\.dispute|charge\.refund|refund|payment_intent|setup_intent|invoice"
    r"|customer\.subscription|subscription_schedule|payout|transfer|account|payment_method|customer|review|radar[\w.]*)"
    r"\.[a-z_]+"
)
# Where a string stands that the type of an event is compared with.
_COMPARED = frozenset(
    "comparison_operator case_pattern switch_case binary_expression pattern binary case_statement "
    "match_condition_list expression_case".split()
)
_BETWEEN = frozenset("tuple list set array expression_list parenthesized_expression array_element_initializer".split())
_TABLE = frozenset({"pair", "array_element_initializer", "keyed_element", "method_definition"})
_CALLABLE = re.compile(
    r"^[\w.$:@>\-]+$|^(async\b|function\b|lambda\b|->|fn\b|\(?[\w\s,{}:]*\)?\s*=>|\[|method\()|^[\w.]+\.new\b"
)
_TYPE = re.compile(r"\btype\b|\.Type\b|event_?type|EventType", re.IGNORECASE)
_BY_HAND = re.compile(
    r"createHmac\(|hmac\.new\(|hash_hmac\(|OpenSSL::HMAC|hmac\.New\(|crypto\.subtle\.\w+\(|hmac\.digest\("
)
_HEADER = re.compile(r"""["'`](http_)?stripe[-_]signature["'`]|\bstripe_signature\b[^,)]*\bHeader\b""", re.IGNORECASE)

# How code gets at what a request brings: whoever looks at types of events without it has them from elsewhere.
_BODY = re.compile(
    r"""
      \b(req|request|ctx|c|self\.request)\.(req\.)?(body|rawBody|raw_body|data|json|text|get_json|get_data|media
      |bounded_stream|raw_post|stream|request\.body)\b
    | \bevent\.body\b|JSON\.parse|\bparams\b|@Body\(|\bbuffer\(|\bread(Raw)?Body\(|json\.loads?\(
    | \b(event|payload|body)\s*:
    | getContent\(|php://input|->(all|json|input|toArray|getParsedBody)\(|json_decode
    | \.Body\b|Bind(JSON)?\(|ShouldBind|NewDecoder|GetRawData|Unmarshal
    """,
    re.VERBOSE,
)

# Names that so many functions have that they say nothing without the file that they come from.
_COMMON = frozenset(
    """
    post get put delete patch handle handler process run execute main index create update call perform default action
    invoke __invoke __init__ constructor initialize new setup start webhook webhooks use all request response req res
    event events body data verify dispatch send save json text init register fetch
    """.split()
)

# Folders that show how it is done: what stands in them is deployed by nobody, unless there is nothing else.
_SHOWN = re.compile(
    r"(?:^|/)(?:examples?|samples?|docs?|templates?|demos?|stubs?|snippets?)/(?P<program>[^/]+/)?", re.I
)


@dataclass(frozen=True)
class Sheet:
    """What one file says of handlers.

    Attributes:
        path: The file.
        outline: Its functions, names and imports.
        routes: What it routes.
        mounts: What it mounts routers at.
        verified: Where a delivery is verified by Stripe's library.
        by_hand: Where one may be verified without it.
        compared: Where the type of an event is looked at.
        headers: Where the header that holds the signature is named.
        script: Whether a request runs the file as a whole (PHP).
        filters: Names of functions that run before every action of a controller (Rails).
    """

    path: str
    outline: Outline
    routes: tuple[Route, ...]
    mounts: tuple[Mount, ...]
    verified: tuple[int, ...]
    by_hand: tuple[int, ...]
    compared: tuple[int, ...]
    headers: tuple[int, ...]
    script: bool
    filters: tuple[str, ...]


Fact = tuple[str, int]
"""A file, and a position in it."""


@dataclass
class Reached:
    """What the code of an entry point reaches by calls.

    Attributes:
        verified: Where it verifies a delivery.
        by_hand: Where it may do so without Stripe's library.
        compared: Where it looks at the type of an event.
        functions: Functions on the way, nearest first.
    """

    verified: set[Fact] = field(default_factory=set)
    by_hand: set[Fact] = field(default_factory=set)
    compared: set[Fact] = field(default_factory=set)
    functions: list[Function] = field(default_factory=list)


@dataclass
class Entry:
    """One entry point."""

    reached: Reached
    place: Place
    routes: tuple[tuple[str, str], ...] = ()

    @property
    def verifies(self) -> set[Fact]:
        """Where it verifies, in whatever manner."""
        return self.reached.verified | self.reached.by_hand


class SeveralHandlers:
    """Finds SC-01: Stripe's events are handled in more than one place."""

    words = (b"stripe", b"webhook", b"payment", b"billing")

    def __init__(self, circumstances: Circumstances) -> None:
        """Need nothing else."""

    def look(self, source: Source) -> Iterator[Sheet]:
        """What one file of code says of routes, verification, and types of events."""
        if source.language not in GRAMMARS or source.is_test or language(source.path) != source.language:
            return
        if source.path.endswith(".d.ts"):
            return
        outline = Outline(source)
        speaks = b"stripe" in source.lowered
        named = list(routes(outline))
        if not named and not speaks:
            return
        verified = tuple(_verified(outline)) if speaks else ()
        headers = tuple(found.start() for found in _HEADER.finditer(source.text)) if speaks else ()
        compared = tuple(_compared(outline)) if speaks else ()
        yield Sheet(
            source.path,
            outline,
            tuple(one for one in named if isinstance(one, Route)),
            tuple(one for one in named if isinstance(one, Mount)),
            verified,
            tuple(_by_hand(outline, headers)),
            compared,
            headers,
            source.family == "php" and "php://input" in source.text,
            tuple(re.findall(r"before_action\s+:(\w+)", source.text)) if source.family == "ruby" else (),
        )

    def conclude(self, facts: list[Sheet]) -> Iterator[Hit]:
        """The places, if they are several."""
        entries = _Codebase(facts).entries()
        merged = _deployed(_merged(entries))
        if len(merged) < 2:
            return
        said = ", ".join(_said(entry) for entry in merged)
        first, *others = merged
        message = f"Stripe's events are handled in {len(merged)} places: {said}."
        yield Hit("SC-01", first.place, message, tuple(entry.place for entry in others))


def _verified(outline: Outline) -> Iterator[int]:
    for call in outline.nodes(_CALLS[outline.source.family]):
        callee = call.field("function") or call.field("method") or call.field("name")
        called = callee.text() if callee is not None else ""
        # github.ValidatePayload verifies what GitHub sent.
        other = "ValidatePayload" in called and not called.startswith("webhook.")
        if _VERIFIERS.match(re.split(r"\W+", called)[-1]) and not other:
            yield start(call)


def _by_hand(outline: Outline, headers: Sequence[int]) -> Iterator[int]:
    """Where a signature is computed by code that names the header of Stripe's."""
    for found in _BY_HAND.finditer(outline.source.text):
        around = outline.around(found.start())
        if any(around is None or _in(at, around.span) for at in headers):
            yield found.start()


def _compared(outline: Outline) -> Iterator[int]:
    for node in outline.nodes(_STRINGS[outline.source.family]):
        if node.kind() == "selector_expression":
            if not re.fullmatch(r"stripe\.EventType[A-Z]\w+", node.text()):
                continue
        else:
            said = text_of(node)
            if said is None or not _EVENT_TYPE.fullmatch(said):
                continue
        if _is_compared(node):
            yield start(node)


def _is_compared(node: SgNode) -> bool:
    parent, below = node.parent(), node
    if parent is not None and parent.kind() in _TABLE and start(parent) == start(node):
        value: SgNode | None = parent.field("value") or parent.children()[-1]
        if value is not None and start(value) != start(node) and _CALLABLE.match(value.text()):
            return True
    while parent is not None and parent.kind() in _BETWEEN:
        below, parent = parent, parent.parent()
    if parent is None or parent.kind() not in _COMPARED:
        return False
    if parent.kind() == "switch_case" or parent.kind() == "case_statement":
        case = parent.field("value")
        return case is None or start(case) == start(below)
    if parent.kind() in ("binary_expression", "binary", "comparison_operator"):
        return bool(re.search(r"[!=]==?|\bin\b|~=", parent.text().replace(node.text(), "")))
    return True


class _Codebase:
    """All sheets together, so that a name can be followed to the function that it means."""

    def __init__(self, sheets: Sequence[Sheet]) -> None:
        self._sheets = {sheet.path: sheet for sheet in sheets}
        self._by_name: dict[str, list[Function]] = {}
        self._by_owner: dict[str, list[Function]] = {}
        for sheet in sheets:
            for function in sheet.outline.functions:
                self._by_name.setdefault(function.name, []).append(function)
                if function.owner:
                    self._by_owner.setdefault(function.owner, []).append(function)
        self._modules: dict[str, list[tuple[str, str]]] = {}
        for path in self._sheets:
            name = f"/{bare(path)}"
            self._modules.setdefault(name.rpartition("/")[2], []).append((name, path))
        self._found: dict[tuple[str, str], list[str]] = {}
        self._called: dict[Function, list[Function]] = {}
        self._calling: dict[Function, set[Function]] | None = None
        self._registrars: dict[Function, bool] = {}

    def entries(self) -> list[Entry]:
        """Every entry point, routes first."""
        found = [entry for sheet in self._sheets.values() for entry in self._routed(sheet)]
        known: set[Fact] = {fact for entry in found for fact in entry.verifies}
        lacking = [entry for entry in found if not entry.verifies]
        for sheet in self._sheets.values():
            for entry in self._unrouted(sheet, known):
                # Verified in what no call leads to (a middleware, a decorator of another file), then looked at here.
                if lacking and not entry.reached.compared:
                    lacking.pop()
                    continue
                found.append(entry)
        return found

    def _routed(self, sheet: Sheet) -> Iterator[Entry]:
        for route in sheet.routes:
            if route.method not in ("POST", ANY):
                continue
            reached = self._from_route(sheet, route)
            if route.library:
                reached.verified.add((sheet.path, route.line))
            if not (reached.verified or reached.by_hand or (reached.compared and self._reads(sheet, route, reached))):
                continue
            inside = [one for one in reached.functions if one.path == sheet.path and _overlap(one.span, route.span)]
            facts = reached.verified | reached.compared | reached.by_hand
            inline = inside or any(fact[0] == sheet.path and _in(fact[1], route.span) for fact in facts)
            line, path = route.line, sheet.path
            if not inline and not route.library and reached.functions:
                line, path = reached.functions[0].line, reached.functions[0].path
            url = self._whole(sheet, route)
            named = ((route.method, url),) if url else ()
            yield Entry(reached, self._place(path, line), named)
        if sheet.script and (sheet.verified or sheet.by_hand or sheet.compared):
            top = [at for at in (*sheet.verified, *sheet.by_hand, *sheet.compared) if sheet.outline.around(at) is None]
            if top:
                reached = self._reach(sheet, (0, len(sheet.outline.source.text)), ())
                line = sheet.outline.source.text.count("\n", 0, min(top)) + 1
                yield Entry(reached, self._place(sheet.path, line), (("POST", f"/{sheet.path}"),))

    def _reads(self, sheet: Sheet, route: Route, reached: Reached) -> bool:
        """Whether the handler itself reads what the request brings."""
        handlers = [one for one in reached.functions if one.owner == reached.functions[0].owner][:3]
        spans = [(sheet, route.span), *((self._sheets[one.path], one.span) for one in handlers)]
        return any(_BODY.search(each.outline.source.text, *where) for each, where in spans)

    def _unrouted(self, sheet: Sheet, known: set[Fact]) -> Iterator[Entry]:
        for at in sheet.verified:
            if (sheet.path, at) in known:
                continue
            owner = sheet.outline.around(at)
            if owner is None:
                reached = self._reach(sheet, (0, len(sheet.outline.source.text)), ())
                known |= reached.verified
                if reached.compared or sheet.headers:
                    line = sheet.outline.source.text.count("\n", 0, at) + 1
                    yield Entry(reached, self._place(sheet.path, line))
                continue
            callers = [one for one in self._callers(owner) if self._answers(one)] or [owner]
            for caller in callers:
                reached = self._from(caller)
                known |= reached.verified
                if reached.compared or self._answers(caller):
                    yield Entry(reached, self._place(caller.path, caller.line))

    def _callers(self, function: Function) -> list[Function]:
        """The functions that take a delivery and lead to `function`, without those that such a one calls in turn."""
        if self._calling is None:
            self._calling = {}
            for sheet in self._sheets.values():
                for one in sheet.outline.functions:
                    for called in self._calls(one):
                        self._calling.setdefault(called, set()).add(one)
        found: list[Function] = []
        waiting, seen = [function], {function}
        while waiting:
            for one in self._calling.get(waiting.pop(), ()):
                if one not in seen and not self._registers(one):
                    seen.add(one)
                    waiting.append(one)
                    if self._answers(one):
                        found.append(one)
        inner = {each for one in found for each in self._from(one).functions if each != one}
        return sorted((one for one in found if one not in inner), key=lambda one: (one.path, one.line)) or found[:1]

    def _answers(self, function: Function) -> bool:
        """Whether it reads the signature's header or looks at the type itself, as what takes a delivery does."""
        sheet = self._sheets[function.path]
        return any(_in(at, function.span) for at in (*sheet.headers, *sheet.compared))

    def _from(self, function: Function) -> Reached:
        return self._reach(self._sheets[function.path], function.span, ())

    def _from_route(self, sheet: Sheet, route: Route) -> Reached:
        names = [one.name for one in sheet.outline.within(route.span)]
        targets: list[Function] = []
        for handler in route.handlers:
            if "#" in handler:
                targets.extend(self._action(handler))
        classes = [self._class(sheet, name) for name in (*names, *route.handlers)]
        for methods in classes:
            chosen = [one for one in methods if one.name in (*names, *route.handlers)]
            chosen = chosen or [one for one in methods if one.name in ("__invoke", "post", "on_post")] or methods
            targets.extend(chosen)
        alone = [name for name in route.handlers if "#" not in name and not any(classes)]
        for name in alone:
            targets.extend(self._named(sheet, Reference(name, "", -1), None, set()))
        return self._reach(sheet, route.span, targets)

    def _reach(self, sheet: Sheet, span: Span, targets: Iterable[Function]) -> Reached:
        reached = Reached()
        self._collect(sheet, span, reached)
        waiting = [*targets]
        within = {one for one in sheet.outline.functions if span[0] <= one.span[0] and one.span[1] <= span[1]}
        reached.functions.extend(sorted(within, key=lambda one: one.span[0]))
        for reference in sheet.outline.within(span):
            waiting.extend(self._named(sheet, reference, None, within))
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

    def _calls(self, function: Function) -> list[Function]:
        if function not in self._called:
            sheet = self._sheets[function.path]
            found: list[Function] = []
            for reference in sheet.outline.within(function.span):
                found.extend(self._named(sheet, reference, function, {function}))
            for name in sheet.filters:
                found.extend(one for one in sheet.outline.functions if one.name == name)
            self._called[function] = list(dict.fromkeys(found))
        return self._called[function]

    def _collect(self, sheet: Sheet, span: Span, reached: Reached) -> None:
        reached.verified.update((sheet.path, at) for at in sheet.verified if _in(at, span))
        reached.by_hand.update((sheet.path, at) for at in sheet.by_hand if _in(at, span))
        # What is compared is the type of an event only where some type is spoken of.
        if _TYPE.search(sheet.outline.source.text, *span):
            reached.compared.update((sheet.path, at) for at in sheet.compared if _in(at, span))

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
            facts = [at for at in (*sheet.verified, *sheet.compared, *sheet.by_hand) if _in(at, function.span)]
            own = [at for at in facts if not any(_in(at, span) for span in inner)]
            nested = [
                one
                for one in sheet.outline.functions
                if one != function
                and any(_in(at, one.span) for at in own)
                and _overlap(one.span, function.span)
                and one.span[0] >= function.span[0]
            ]
            self._registrars[function] = bool(inner) and (not own or bool(nested))
        return self._registrars[function]

    def _named(
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
            return self._class(sheet, instances[name]) if caller is None else []
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
            return self._class(sheet, name)
        return []

    def _imported(self, sheet: Sheet, module: str, submodule: str, name: str) -> list[Function]:
        """The functions called `name` in a module, or in a module of that module."""
        modules = (
            [f"{module.rstrip('.')}.{submodule}" if module.strip(".") else f"{module}{submodule}"] if submodule else []
        )
        files: list[str] = []
        for candidate in (*modules, module):
            files = files or self._files(sheet, candidate)
        return [
            one
            for path in files
            for one in self._sheets[path].outline.functions
            if name in (one.name, one.owner) or (name == "default" and _exported(self._sheets[path], one))
        ]

    def _files(self, sheet: Sheet, module: str) -> list[str]:
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

    def _class(self, sheet: Sheet, name: str) -> list[Function]:
        methods = self._by_owner.get(name, [])
        paths = {one.path for one in methods}
        if len(paths) > 1:
            near = [one for one in methods if one.path == sheet.path]
            if not near and name in sheet.outline.imports:
                module = sheet.outline.imports[name][0]
                near = [one for one in methods if one.path in self._files(sheet, module)]
            return near
        return list(methods)

    def _action(self, handler: str) -> list[Function]:
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

    def _whole(self, sheet: Sheet, route: Route) -> str:
        """The route's path with what its router is mounted at."""
        url = route.url
        if not url or not route.router:
            return joined("", url) if url else ""
        prefix = next((one.url for one in sheet.mounts if one.router == route.router and one.url.strip("/")), "")
        url = joined(prefix, url)
        for other in self._sheets.values():
            for mount in other.mounts:
                bound = other.outline.imports.get(mount.router.split(".")[0])
                if other is not sheet and bound and sheet.path in self._files(other, bound[0]):
                    return joined(mount.url, url)
        return url

    def _place(self, path: str, line: int) -> Place:
        return self._sheets[path].outline.source.place_at(line)


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


def _in(at: int, span: Span) -> bool:
    return span[0] <= at < span[1]


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _merged(entries: Sequence[Entry]) -> list[Entry]:
    """Entry points that share their handling are one place, whatever leads there."""
    places: list[Entry] = []
    for entry in sorted(entries, key=lambda one: (not one.routes, one.place)):
        same = [place for place in places if _same(place, entry)]
        for place in same[1:]:
            _absorb(same[0], place)
            places.remove(place)
        if same:
            _absorb(same[0], entry)
        else:
            places.append(entry)
    return sorted(places, key=lambda one: one.place)


def _same(one: Entry, other: Entry) -> bool:
    # index.cjs beside index.js: one source, built twice.
    if one.place == other.place or (
        one.place.path != other.place.path and bare(one.place.path) == bare(other.place.path)
    ):
        return True
    if one.place.path == other.place.path and set(one.routes) & set(other.routes):
        return True
    if one.reached.compared and other.reached.compared:
        shared = len(one.reached.compared & other.reached.compared)
        return 2 * shared >= min(len(one.reached.compared), len(other.reached.compared))
    return bool(one.verifies & other.verifies)


def _absorb(place: Entry, entry: Entry) -> None:
    place.reached.compared |= entry.reached.compared
    # A route that only takes up stored events again (an administrator's replay) is none of Stripe's.
    if entry.verifies or not place.verifies:
        place.routes = tuple(dict.fromkeys((*place.routes, *entry.routes)))
    if entry.verifies and not place.verifies:
        place.routes, place.place = entry.routes or place.routes, entry.place
    place.reached.verified |= entry.reached.verified
    place.reached.by_hand |= entry.reached.by_hand


def _deployed(places: list[Entry]) -> list[Entry]:
    """The places that somebody deploys together: those of examples only where there is nothing else."""
    real = [place for place in places if not _SHOWN.search(place.place.path)]
    if real:
        return real
    groups: dict[str, list[Entry]] = {}
    for place in places:
        found = _SHOWN.search(place.place.path)
        groups.setdefault(place.place.path[: found.end()] if found else "", []).append(place)
    return max(groups.values(), key=len, default=[])


def _said(entry: Entry) -> str:
    where = f"{entry.place.path}:{entry.place.line}"
    named = " and ".join(f"{'POST' if method == ANY else method} {url}" for method, url in entry.routes)
    return f"{named or 'path unknown'} ({where})"

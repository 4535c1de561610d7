"""The whereabouts of the orders: which database the shop keeps them in, as its framework is told."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from ..redaction import Redactor
from ..scan.language import GRAMMARS, PRISMA
from ..scan.source import Source
from ..scan.survey import Survey
from .guess import Guess, unsure
from .variables import Variables

_URL = re.compile(
    r"(?:^|_)(?:DATABASE|DB|POSTGRES(?:QL)?|PG|MYSQL|SQLITE|SQLALCHEMY(?:_DATABASE)?)_?(?:URL|URI|DSN|CONNECTION_STRING)$"
)
_OTHER_DATABASE = re.compile(r"TEST|SHADOW|DIRECT|REPLICA|READ_?ONLY|CACHE|QUEUE|UNPOOLED|NON_POOLING")
_DIALECTS = {
    "sqlite": ("sqlite", "sqlite3", "file", "libsql"),
    "postgresql": ("postgresql", "postgres", "pgsql", "postgis", "pg"),
    "mysql": ("mysql", "mysql2", "mariadb", "trilogy"),
}
_KIND = {word: kind for kind, words in _DIALECTS.items() for word in words}

_ENV_CALL = re.compile(
    r"""(?:environ(?:\.get\(|\[)|getenv\(|\bconfig\(|\benv(?:\.\w+)?\()\s*["'](?P<name>\w+)["']
        (?:\s*,\s*(?:default\s*=\s*)?["'](?P<default>[^"']*)["'])?""",
    re.VERBOSE,
)
_ERB = re.compile(r"<%=\s*ENV(?:\.fetch\(|\[)\s*[\"'](?P<name>\w+)[\"']\s*[\])]?(?P<rest>[^%]*)%>")
_ERB_DEFAULT = re.compile(r"[{,]\s*[\"']?(?P<default>[\w.:/@-]+)")
_LITERAL_URL = re.compile(
    r"[\"'](?P<url>(?:sqlite|postgres(?:ql)?|mysql|mariadb)(?:\+\w+)?://[^\"'\s${}]+)[\"']", re.IGNORECASE
)
_LITERAL_FILE = re.compile(
    r"(?:sqlite3?\.connect|aiosqlite\.connect|new\s+(?:sqlite3?\.)?Database(?:Sync)?|SQLite3::Database\.new|"
    r"sql\.Open|sqlite\.Open|new\s+SQLite3|SqliteDatabase)\(\s*(?:[\"']sqlite3?[\"']\s*,\s*)?[\"']"
    r"(?:file:)?(?P<path>[\w./-]+\.(?:db|sqlite3?))\b"
)
_PASSWORD = re.compile(r"://[^/@\s:]*:[^@/\s]+@")
_FILES = (".db", ".sqlite", ".sqlite3")
_NOT_LOOKED_INTO = frozenset(("node_modules", "vendor", ".git", ".venv", "venv", "__pycache__", "tests", "spec"))


@dataclass(frozen=True)
class Whereabouts:
    """Where orders are.

    Attributes:
        guess: What the file says: a URL whose secret parts are variables; None where nothing was found.
        defaults: Variable → what the framework takes where it is not set, for looking in now.
        kind: `sqlite`, `postgresql` or `mysql`, where that is said apart from the URL.
    """

    guess: Guess
    defaults: Mapping[str, str] = field(default_factory=dict, repr=False)
    kind: str = ""

    def url(self, environment: Mapping[str, str]) -> str | None:
        """The URL with its variables replaced; None where one is not set."""
        if not isinstance(self.guess.value, str):
            return None
        told = {**self.defaults, **environment}
        names = re.findall(r"\$\{(\w+)\}", self.guess.value)
        if any(name not in told for name in names):
            return None
        return re.sub(r"\$\{(\w+)\}", lambda found: told[found[1]], self.guess.value)

    def quote(self, environment: Mapping[str, str]) -> str:
        """The sign that the database puts around a name."""
        told = self.kind or self.url(environment) or str(self.guess.value)
        return "`" if _KIND.get(re.split(r"[:+]", told)[0]) == "mysql" else '"'


def find(survey: Survey, variables: Variables) -> Whereabouts:
    """Where the shop keeps its orders, by the first of these that says it."""
    for look in (_prisma, _django, _rails, _laravel, _variable, _written, _on_disk):
        found = look(survey, variables)
        if found is not None:
            return found
    return Whereabouts(unsure(None, "nothing says which database it is; without this key orders are not read back"))


def _prisma(survey: Survey, variables: Variables) -> Whereabouts | None:
    for source in survey.sources:
        block = re.search(r"^datasource\s+\w+\s*\{[^}]*\}", source.text, re.MULTILINE)
        if source.language != PRISMA or not block:
            continue
        told = re.search(r"\burl\s*=\s*(?:env\(\s*\"(?P<name>\w+)\"|\"(?P<url>[^\"]+)\")", block[0])
        name = told["name"] if told and told["name"] else "DATABASE_URL"
        url = told["url"] if told and told["url"] else variables.values.get(name, "")
        if url.startswith("file:"):
            # Prisma starts from the folder of the schema.
            path = url.removeprefix("file:").partition("?")[0]
            folder = PurePosixPath(source.path).parent
            if not path.startswith("/"):
                path = os.path.normpath(folder / path)
            return Whereabouts(Guess(f"sqlite:///{path}", f"the datasource of {source.path}"))
        if told and told["url"]:
            return _safely(url, source, block.start())
        provider = re.search(r"\bprovider\s*=\s*\"(\w+)\"", block[0])
        kind = _KIND.get(provider[1], "") if provider else ""
        return Whereabouts(Guess(f"${{{name}}}", f"the datasource of {source.path}"), kind=kind)
    return None


def _django(survey: Survey, _: Variables) -> Whereabouts | None:
    for source in survey.sources:
        start = re.search(r"^DATABASES\s*(?::[^=\n]+)?=", source.text, re.MULTILINE)
        if source.language != "python" or not start:
            continue
        block = _block(source.text, start.end())
        at = f"DATABASES in {source.path}"
        if re.search(r"dj_database_url|env\.(?:db|dj_db_url)\(|db_url", block):
            named = re.search(r"[\"']([A-Z]\w*_UR[LI])[\"']", block)
            return Whereabouts(Guess(f"${{{named[1] if named else 'DATABASE_URL'}}}", at))
        told = {
            found["key"]: found["value"].strip()
            for found in re.finditer(
                r"[\"'](?P<key>ENGINE|NAME|USER|PASSWORD|HOST|PORT)[\"']\s*:\s*(?P<value>[^\n]*?),?\s*$", block, re.M
            )
        }
        engine = re.search(r"[\"'][\w.]*?(sqlite3|spatialite|postgresql\w*|postgis|mysql)[\"']", told.get("ENGINE", ""))
        kind = _KIND.get(engine[1].removesuffix("_psycopg2"), "sqlite" if "lite" in engine[1] else "") if engine else ""
        name = told.get("NAME", "")
        url = next((one["name"] for one in _ENV_CALL.finditer(name) if _URL.search(one["name"])), "")
        if url:
            return Whereabouts(Guess(f"${{{url}}}", at))
        if kind == "sqlite":
            variable = _ENV_CALL.search(name)
            if variable:
                default = {variable["name"]: variable["default"]} if variable["default"] else {}
                return Whereabouts(Guess(f"sqlite:///${{{variable['name']}}}", at), default)
            pieces = re.findall(r"[\"']([^\"']+)[\"']", name)
            if pieces:
                return Whereabouts(Guess(f"sqlite:///{_in_project(survey, source, '/'.join(pieces))}", at))
        elif kind:
            return _composed(kind, {key.lower(): _expression(value) for key, value in told.items()}, at)
    return None


def _in_project(survey: Survey, settings: Source, path: str) -> str:
    """A path from BASE_DIR, the folder of manage.py: two above the settings where there is none."""
    if path.startswith("/"):
        return path
    manage = min((one.path for one in survey.sources if one.path.endswith("manage.py")), key=len, default=None)
    above = PurePosixPath(manage).parent if manage is not None else PurePosixPath(settings.path).parent.parent
    return os.path.normpath(above / path)


def _rails(survey: Survey, variables: Variables) -> Whereabouts | None:
    for source in survey.sources:
        if not source.path.endswith("config/database.yml"):
            continue
        if "DATABASE_URL" in variables.values:
            return Whereabouts(Guess("${DATABASE_URL}", "Rails prefers DATABASE_URL to config/database.yml"))
        defaults: dict[str, str] = {}

        def variable(found: re.Match[str], defaults: dict[str, str] = defaults) -> str:
            default = _ERB_DEFAULT.search(found["rest"])
            if default:
                defaults[found["name"]] = default["default"]
            return f"${{{found['name']}}}"

        text = _ERB.sub(variable, source.text)
        try:
            loaded = yaml.safe_load(re.sub(r"<%.*?%>", "5", text))
        except yaml.YAMLError:
            continue
        told: Any = loaded.get("development") or loaded.get("default") if isinstance(loaded, dict) else None
        if isinstance(told, dict) and isinstance(told.get("primary"), dict):
            told = told["primary"]
        if not isinstance(told, dict):
            continue
        at = f"development in {source.path}"
        if told.get("url"):
            url = str(told["url"])
            if holds_secret(url):
                return Whereabouts(unsure("${DATABASE_URL}", f"{at} holds the password itself: set DATABASE_URL to it"))
            return Whereabouts(Guess(url, at), defaults)
        kind = _KIND.get(str(told.get("adapter", "")), "")
        if kind == "sqlite":
            base = PurePosixPath(source.path).parent.parent
            return Whereabouts(Guess(f"sqlite:///{os.path.normpath(base / str(told.get('database')))}", at), defaults)
        if kind:
            parts = {
                "name": told.get("database"),
                "user": told.get("username"),
                "password": told.get("password"),
                "host": told.get("host"),
                "port": told.get("port"),
            }
            found = _composed(kind, {key: str(value) for key, value in parts.items() if value is not None}, at)
            return Whereabouts(found.guess, defaults)
    return None


def _laravel(survey: Survey, variables: Variables) -> Whereabouts | None:
    named = set(variables.known())
    if "DB_CONNECTION" not in named or not any(source.language == "php" for source in survey.sources):
        return None
    kind = _KIND.get(variables.told("DB_CONNECTION"), "mysql")
    at = "DB_CONNECTION and its like, which Laravel reads"
    if kind == "sqlite":
        path = variables.values.get("DB_DATABASE") or "database/database.sqlite"
        return Whereabouts(Guess(f"sqlite:///{path}", at))
    names = {"name": "DATABASE", "user": "USERNAME", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    parts = {part: f"${{DB_{name}}}" for part, name in names.items() if f"DB_{name}" in named}
    return _composed(kind, parts, at)


def _variable(_: Survey, variables: Variables) -> Whereabouts | None:
    found = [name for name in variables.known() if _URL.search(name) and not _OTHER_DATABASE.search(name)]
    if not found:
        return None
    chosen = "DATABASE_URL" if "DATABASE_URL" in found else found[0]
    others = [name for name in found if name != chosen]
    value = variables.values.get(chosen, "")
    if value.startswith(("http://", "https://")):
        return None
    guess = Guess(f"${{{chosen}}}", f"read in {variables.where(chosen)}")
    return Whereabouts(guess.doubted(f"{', '.join(others)} may be the one too") if others else guess)


def _written(survey: Survey, _: Variables) -> Whereabouts | None:
    for source in survey.sources:
        if source.language not in GRAMMARS:
            continue
        url = _LITERAL_URL.search(source.text)
        if url and ":memory:" not in url["url"]:
            return _safely(url["url"], source, url.start())
        path = _LITERAL_FILE.search(source.text)
        if path:
            return Whereabouts(Guess(f"sqlite:///{path['path']}", f"opened in {_at(source, path.start())}"))
    return None


def _on_disk(survey: Survey, _: Variables) -> Whereabouts | None:
    found = list(_database_files(survey.root))
    if not found:
        return None
    guess = Guess(f"sqlite:///{found[0]}", "the database file that lies here")
    return Whereabouts(guess.doubted(f"{' and '.join(found)} lie here") if len(found) > 1 else guess)


def holds_secret(url: str) -> bool:
    """Whether a password or a token stands in a URL, and no variable in its place."""
    bare = re.sub(r"\$\{\w+\}", "", url)
    rest = re.sub(r"://[^/@\s]*@", "://", bare)
    return bool(_PASSWORD.search(bare)) or Redactor().clean(rest) != rest


def _database_files(root: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _NOT_LOOKED_INTO)
        for name in sorted(names):
            path = Path(folder, name)
            if name.endswith(_FILES) and path.is_file() and path.stat().st_size:
                yield path.relative_to(root).as_posix()


def _safely(url: str, source: Source, at: int) -> Whereabouts:
    """A URL that stands in the code, unless a password stands in it."""
    where = _at(source, at)
    if holds_secret(url):
        return Whereabouts(unsure("${DATABASE_URL}", f"{where} holds the password itself: set DATABASE_URL to it"))
    return Whereabouts(Guess(url, f"written in {where}"))


def _at(source: Source, at: int) -> str:
    return f"{source.path}:{source.text.count(chr(10), 0, at) + 1}"


def _composed(kind: str, parts: Mapping[str, str], at: str) -> Whereabouts:
    """A URL of its parts; a password is only ever a variable."""
    password, name = parts.get("password", ""), parts.get("name", "")
    literal = bool(password) and not re.fullmatch(r"\$\{\w+\}", password)
    login = parts.get("user", "")
    if password:
        login += ":" + ("${DB_PASSWORD}" if literal else password)
    address = parts.get("host", "") or "localhost"
    if address.startswith("/"):
        address = "localhost"
    if parts.get("port"):
        address += f":{parts['port']}"
    guess = Guess(f"{kind}://{login + '@' if login else ''}{address}/{name}", at)
    if literal:
        guess = guess.doubted(f"{at} holds the password itself: set DB_PASSWORD to it")
    return Whereabouts(guess)


def _expression(text: str) -> str:
    """What an expression in Python's settings gives: a text, or a variable."""
    variable = _ENV_CALL.search(text)
    if variable:
        return f"${{{variable['name']}}}"
    written = re.search(r"[\"']([^\"']*)[\"']|(\d+)", text)
    return (written[1] or written[2] or "") if written else ""


def _block(text: str, start: int) -> str:
    """From `start` to the bracket that closes the first one."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] in "{([") - (text[at] in "})]")
        if depth == 0 and text[at] in "})]":
            return text[start : at + 1]
    return text[start:]

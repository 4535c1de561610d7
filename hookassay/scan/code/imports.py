"""What a file imports, and by which names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ..source import Source

_JS_IMPORT = re.compile(
    r"""(?:import|export)\s++(?:type\s++)?(?P<what>[\w$*{}\s,]{1,2000}?)(?<=\s)from\s*["'](?P<from>[^"']+)["']
      | (?:const|let|var)\s+(?P<bound>[\w$]+|\{[^}]*\})\s*=\s*
        (?:await\s+import|require)\s*\(\s*["'](?P<required>[^"']+)""",
    re.VERBOSE,
)
_PYTHON_IMPORT = re.compile(
    r"^[ \t]*(?:from\s+(?P<from>[\w.]+)\s+import\s+(?P<what>\([^)]*\)|[^\n#]+)|import\s+(?P<whole>[^\n#]+))",
    re.MULTILINE,
)
_ALIASED = re.compile(r"(?P<name>[\w$*.]+)(?:\s*(?::|\bas\b)\s*(?P<alias>[\w$]+))?")


def imports(source: Source) -> Mapping[str, tuple[str, str]]:
    """Name as it is used in a file → the module that it comes from, and its name there.

    That is empty for the whole module, and `default` for what JavaScript exports without a name. Of Ruby, PHP and Go
    there is nothing: their names are found without it.
    """
    if source.family == "javascript":
        return dict(_of_javascript(source.text))
    return dict(_of_python(source.text)) if source.family == "python" else {}


def _of_javascript(text: str) -> Iterator[tuple[str, tuple[str, str]]]:
    for found in _JS_IMPORT.finditer(text):
        module, what = found["from"] or found["required"], found["what"] or found["bound"]
        inside = re.search(r"\{([^}]*)\}", what)
        for name in _ALIASED.finditer(re.sub(r"\btype\s", "", inside[1]) if inside else ""):
            yield name["alias"] or name["name"], (module, name["name"])
        for name in _ALIASED.finditer(re.sub(r"\{[^}]*\}", "", what)):
            whole = name["name"] == "*" or bool(found["bound"])
            yield name["alias"] or name["name"], (module, "" if whole else "default")


def _of_python(text: str) -> Iterator[tuple[str, tuple[str, str]]]:
    for found in _PYTHON_IMPORT.finditer(text):
        for name in _ALIASED.finditer(re.sub(r"#[^\n]*", "", (found["what"] or found["whole"]).strip("()"))):
            if found["from"]:
                yield name["alias"] or name["name"], (found["from"], name["name"])
            else:
                yield name["alias"] or name["name"].split(".")[-1], (name["name"], "")

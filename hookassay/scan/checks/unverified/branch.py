"""The branches of a condition, and what becomes of a delivery in them."""

from __future__ import annotations

import re

from ast_grep_py import SgNode

from ...code.node import named, start

_REFUSES = re.compile(
    r"""
      ^\s*(raise|throw|abort|halt|die|exit|panic|log\.Fatal|os\.Exit|sys\.exit|process\.exit|head\s+:(bad|un|for))
    | (?<!\d)[45]\d\d(?!\d)
    | :(bad_request|unauthorized|forbidden|internal_server_error|unprocessable_\w+|service_unavailable)\b
    | BadRequest|Unauthorized|Forbidden|InternalServerError|ServiceUnavailable|HTTP_4|HTTP_5|HTTPException|HTTPError
    | \b(reject|fail|abort)\w*\(
    """,
    re.VERBOSE,
)
_ENDS = re.compile(
    r"""
    ^\s*(
        return | raise | throw | abort | halt | die | exit | panic | break | continue | next | redirect | head | render
      | log\.Fatal | os\.Exit | sys\.exit | process\.exit | c\.Abort
    )
    """,
    re.VERBOSE,
)

IFS = {
    "python": ("if_statement", "elif_clause"),
    "javascript": ("if_statement",),
    "ruby": ("if", "elsif", "unless"),
    "php": ("if_statement", "else_if_clause"),
    "go": ("if_statement",),
}
"""Family → its conditions; `branches` gives what they choose between."""

_BLOCKS = ("block", "statement_block", "compound_statement", "then", "statement_list", "body_statement")
_WRAPPERS = (
    *("else_clause", "elif_clause", "else_if_clause", "except_clause", "catch_clause", "else", "elsif", "rescue"),
    *("try_statement", "with_statement", "begin"),
)
_ELSES = ("else_clause", "elif_clause", "else", "elsif", "else_if_clause")


def branches(node: SgNode) -> list[SgNode]:
    """The branches of an `if`, without its condition."""
    condition = node.field("condition")
    found = [one for one in named(node) if one != condition]
    above = node.parent()
    if node.kind() in ("elif_clause", "elsif", "else_if_clause") and above is not None:
        found += [one for one in above.children() if one.kind() in _ELSES and start(one) > start(node)]
    return found


def _last(branch: SgNode) -> str:
    """The last statement of a branch; of one that is tried, the last that is."""
    inner = branch
    while True:
        parts = named(inner)
        blocks = [one for one in parts if one.kind() in _BLOCKS]
        if inner.kind() in _BLOCKS:
            if not parts:
                return ""
            # A bare end says nothing; what stands before it does.
            if len(parts) > 1 and re.fullmatch(r"(return|exit(\(\))?|die(\(\))?|end)\s*;?", parts[-1].text().strip()):
                return f"{parts[-1].text()} {parts[-2].text()}"
            inner = parts[-1]
        elif blocks and inner.kind() in _WRAPPERS:
            inner = blocks[0]
        else:
            return inner.text()


def refuses(branch: SgNode) -> bool:
    """Whether it ends by refusing the delivery."""
    return bool(_REFUSES.search(_last(branch)))


def leaves(branch: SgNode) -> bool:
    """Whether it ends the function."""
    return bool(_ENDS.search(_last(branch)))

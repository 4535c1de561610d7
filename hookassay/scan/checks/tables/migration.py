"""Migrations, as far as all of them are alike: one half makes a change, the other takes it back."""

from __future__ import annotations

import re

from ast_grep_py import SgNode

# `down`, `exports.down`, `downgrade`, and Go's `down20260101` and `DownOrders`; but not `download`.
_UNDOES = re.compile(
    r"""
    ["']?(?:module\.)?(?:exports\.)?
    (?:[dD]own(?:[A-Z_0-9]\w*)?|downgrade|[rR]ollback)
    ["']?$
    """,
    re.VERBOSE,
)


def undoes(node: SgNode) -> bool:
    """Whether `node` stands in the half of a migration that takes it back."""
    for around in node.ancestors():
        name = around.field("name") or around.field("key") or around.field("left")
        if name is not None and _UNDOES.match(name.text()):
            return True
    return False

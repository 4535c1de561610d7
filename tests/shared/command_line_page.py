"""Every command with its arguments and options as a page, as `--help` says it.

`python tests/shared/command_line_page.py` writes docs/command-line.md anew.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click

from hookassay.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "command-line.md"

HEAD = """\
# Command line reference

What `hookassay COMMAND --help` says, for every command. What an option says can be written down in
[hookassay.toml](configuration.md) too.

This page is written by `python tests/shared/command_line_page.py` from the commands themselves; a test compares them.
"""


def page() -> str:
    """The whole page, as Markdown."""
    lines = [HEAD, "| command | what it does |", "|---|---|"]
    root = click.Context(main, info_name="hookassay")
    commands = [(name, main.commands[name]) for name in main.list_commands(root)]
    commands = [(name, command) for name, command in commands if not command.hidden]
    for name, command in commands:
        lines.append(f"| [hookassay {name}](#hookassay-{name}) | {command.get_short_help_str(120)} |")
    for name, command in commands:
        lines += ["", *_command(click.Context(command, parent=root, info_name=name), command)]
    return "\n".join([*lines, ""])


def _command(context: click.Context, command: click.Command) -> Iterator[str]:
    yield f"## {context.command_path}"
    yield ""
    yield "```"
    yield f"{context.command_path} {' '.join(command.collect_usage_pieces(context))}"
    yield "```"
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        yield ""
        yield _plain(paragraph)
    options = [option for option in command.params if isinstance(option, click.Option)]
    records = [option.get_help_record(context) for option in options]
    if records:
        yield ""
        yield "| option | what it does |"
        yield "|---|---|"
    for option, meaning in filter(None, records):
        yield f"| {_code(option)} | {_plain(meaning).replace('|', chr(92) + '|')} |"
    codes = re.findall(r"^ +(\d)  (.+)$", command.epilog or "", re.MULTILINE)
    if codes:
        yield ""
        yield "| exit code | meaning |"
        yield "|---|---|"
        for code, meaning in codes:
            yield f"| {code} | {meaning} |"


def _code(words: str) -> str:
    """`words` as code in a table's cell, where GitHub and the site do not agree on a | between backticks."""
    return f"<code>{words.replace('|', '&#124;')}</code>" if "|" in words else f"`{words}`"


def _plain(words: str) -> str:
    """Help text as Markdown that shows just that; only what a command line would hold is set as code."""
    joined = " ".join(words.split())
    return re.sub(r"(?<![`\w])(--[a-z][a-z-]*|\$[A-Z_]{3,}|[a-z+]+:///?[^\s,;]+)", r"`\1`", joined.replace("<", "&lt;"))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

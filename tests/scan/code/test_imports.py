"""What files import."""

from __future__ import annotations

from hookassay.scan.code.imports import imports
from hookassay.scan.source import Source


def test_names_of_javascript_know_their_module() -> None:
    """Whole modules, defaults, single functions and aliases are told apart."""
    text = """
    import app, { hooks as stripeHooks, type Order } from './app';
    import * as all from "./all";
    const { router } = require('./router');
    const orders = require('./orders');
    """
    assert imports(Source("a.ts", text, "typescript")) == {
        "app": ("./app", "default"),
        "stripeHooks": ("./app", "hooks"),
        "Order": ("./app", "Order"),
        "all": ("./all", ""),
        "router": ("./router", "router"),
        "orders": ("./orders", ""),
    }


def test_names_of_python_know_their_module() -> None:
    """Modules, functions and aliases, on several lines too."""
    text = "import shop.orders as orders\nfrom .hooks import (\n    stripe,  # the handler\n    paypal as other,\n)\n"
    assert imports(Source("a.py", text, "python")) == {
        "orders": ("shop.orders", ""),
        "stripe": (".hooks", "stripe"),
        "other": (".hooks", "paypal"),
    }


def test_words_that_never_come_to_an_end_are_left_soon() -> None:
    """A text of imports without a module is no work of minutes."""
    assert not imports(Source("a.js", "import" + " " * 100_000, "javascript"))

"""SC-09 where samples cannot say it: which code is delivered to a browser."""

from __future__ import annotations

import pytest

from hookassay.scan.checks.browser import delivered
from hookassay.scan.source import Source, read

HOOK = 'import { useState } from "react";\nconst [open, setOpen] = useState(false);\n'


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/Pay.jsx", HOOK),
        ("app/pay/page.tsx", '"use client";\n'),
        ("public/pay.js", "var total = 1;\n"),
        ("src/pay.ts", "document.querySelector('#pay');\n"),
        ("src/pay.service.ts", 'import { Injectable } from "@angular/core";\n'),
    ],
)
def test_code_for_the_browser(path: str, text: str) -> None:
    """Hooks, the page's document, a directive or the folder say that a browser gets it."""
    assert delivered(read(path, text)[0])


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pages/api/pay.js", HOOK),
        ("app/pay/route.ts", "window.location;\n"),
        ("app/pay/page.tsx", "export default async function Page() {}\n"),
        ("app/actions.ts", '"use server";\n' + HOOK),
        ("client/index.js", 'const express = require("express");\n' + HOOK),
        ("src/routes/+page.server.ts", HOOK),
        ("pages/order.tsx", HOOK + "export async function getServerSideProps() {}\n"),
        ("src/lib/stripe.ts", 'import Stripe from "stripe";\n'),
    ],
)
def test_code_for_the_server(path: str, text: str) -> None:
    """A server's modules, places and functions say that no browser gets it; where nothing is known, none does."""
    assert not delivered(read(path, text)[0])


def test_a_page_is_delivered() -> None:
    """The scripts of a page go to whoever opens it."""
    assert delivered(Source("pay.html", "pay();", "javascript"))

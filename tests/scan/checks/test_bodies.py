"""Parsed bodies: which files are looked at together."""

from __future__ import annotations

from pathlib import Path

from hookassay.scan.engine import ScanSettings, scan

SERVER = "import hook from './routes/hook.js';\napp.use(express.json());\napp.use('/stripe', hook);\n"
VERIFY = "const event = stripe.webhooks.constructEvent({body}, req.headers['stripe-signature'], secret);"
ROUTE = "router.post('/webhook', (req, res) => {{ {verify} res.sendStatus(200); }});\nexport default router;\n"


def lines(folder: Path, **files: str) -> list[tuple[str, int]]:
    """Where SC-14 is broken in scripts of these names."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.js"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [(f.place.path, f.place.line) for f in scan(folder, ScanSettings()).findings if f.rule.id == "SC-14"]


def test_a_parser_before_an_imported_route_that_verifies_the_body_is_found(tmp_path: Path) -> None:
    """The file that registers the parser is told, though the one that verifies is another."""
    route = ROUTE.format(verify=VERIFY.format(body="req.body"))
    assert lines(tmp_path, server="// stripe\n" + SERVER, routes__hook=route) == [("server.js", 3)]


def test_an_imported_route_that_verifies_the_raw_body_is_right(tmp_path: Path) -> None:
    """What somebody kept before it was parsed is what Stripe signed."""
    route = ROUTE.format(verify=VERIFY.format(body="req.rawBody"))
    assert lines(tmp_path, server="// stripe\n" + SERVER, routes__hook=route) == []


def test_another_file_that_verifies_is_no_fault_of_an_import(tmp_path: Path) -> None:
    """Only what is imported stands behind the parser."""
    route = ROUTE.format(verify=VERIFY.format(body="req.body"))
    assert lines(tmp_path, server="// stripe\n" + SERVER, routes__other=route) == []

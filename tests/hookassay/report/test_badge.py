"""badge.svg, for a page that may hold a picture."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from hookassay.report.badge import svg

SVG = "{http://www.w3.org/2000/svg}"


def test_what_it_says() -> None:
    """The verdict, the contract's version, and the levels; in words for whoever cannot see it."""
    root = ET.fromstring(svg("2026.1", ("authentic", "idempotent")))

    assert [text.text for text in root.iter(f"{SVG}text")] == [
        "hookassay",
        "certified \N{MIDDLE DOT} 2026.1 \N{MIDDLE DOT} authentic \N{MIDDLE DOT} idempotent",
    ]
    assert root.findtext(f"{SVG}title") == "Certified by hookassay, contract 2026.1: authentic, idempotent"
    assert root.get("role") == "img"


def test_no_levels() -> None:
    """A certificate without a level is one all the same."""
    assert ET.fromstring(svg("2026.1", ())).findtext(f"{SVG}title") == "Certified by hookassay, contract 2026.1"


def test_it_is_self_contained() -> None:
    """Nothing is loaded from elsewhere, and nothing runs."""
    text = svg("2026.1", ("authentic",)).replace('xmlns="http://www.w3.org/2000/svg"', "")

    assert "http" not in text
    assert "script" not in text


def test_the_words_fit() -> None:
    """No text is wider than the field that it stands in."""
    root = ET.fromstring(svg("2026.1", ("authentic", "idempotent", "convergent", "durable")))
    fields = [float(rect.get("width", "0")) for rect in root.findall(f"{SVG}g/{SVG}rect")]
    texts = [float(text.get("textLength", "0")) for text in root.iter(f"{SVG}text")]

    assert [field - text for field, text in zip(fields, texts, strict=True)] == [16, 16]
    assert sum(fields) == float(root.get("width", "0"))

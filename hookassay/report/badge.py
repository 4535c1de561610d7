"""badge.svg: a certificate at a glance, for a page that may hold a picture. It proves nothing: the certificate does."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

NAME = "badge.svg"

HEIGHT = 20
MARGIN = 8
# Pixels of a character of the usual sans-serif fonts at 11 px, about; textLength makes every font fit.
NARROW, WIDE = 4.2, 6.8
NARROW_ONES = " .,·1fijlrt"

_BADGE = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{height}" viewBox="0 0 {whole} {height}" role="img" \
aria-labelledby="hookassay-title">
 <title id="hookassay-title">{title}</title>
 <clipPath id="hookassay-round"><rect width="{whole}" height="{height}" rx="3"/></clipPath>
 <g clip-path="url(#hookassay-round)">
  <rect width="{left}" height="{height}" fill="#333"/>
  <rect x="{left}" width="{right}" height="{height}" fill="#0b6b3a"/>
 </g>
 <g fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11" aria-hidden="true">
  <text x="{margin}" y="14" textLength="{left_text}">{name}</text>
  <text x="{start}" y="14" textLength="{right_text}">{claim}</text>
 </g>
</svg>
"""


def svg(contract: str, levels: Sequence[str]) -> str:
    """The badge of a certificate.

    Args:
        contract: The version of the contract that was judged by.
        levels: The names of the levels that were given.
    """
    name = "hookassay"
    claim = " · ".join(["certified", contract, *levels])
    title = f"Certified by hookassay, contract {contract}"
    if levels:
        title += f": {', '.join(levels)}"
    left_text, right_text = _width(name), _width(claim)
    left, right = left_text + 2 * MARGIN, right_text + 2 * MARGIN
    return _BADGE.format(
        whole=left + right,
        height=HEIGHT,
        left=left,
        right=right,
        margin=MARGIN,
        start=left + MARGIN,
        left_text=left_text,
        right_text=right_text,
        title=escape(title),
        name=name,
        claim=escape(claim),
    )


def _width(text: str) -> int:
    return round(sum(NARROW if character in NARROW_ONES else WIDE for character in text))

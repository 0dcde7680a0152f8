# SPDX-License-Identifier: GPL-2.0-or-later
"""Bars, as SVG text. For report.py."""
from html import escape
from math import floor, log10

COLOURS = ("#8c8c8c", "#4c72b0", "#55a868", "#dd8452", "#c44e52", "#8172b3", "#64b5cd", "#937860")
LEFT, WIDTH, BAR, GAP = 150, 520, 13, 12


def shown(value):
    """A number as people read it."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def text(x, y, what, extra=""):
    """Words at a place."""
    return f'<text x="{x:.0f}" y="{y:.0f}" {extra}>{escape(what)}</text>'


def bars(title, groups, log=False):
    """A picture: groups is [(name, [(series, value or [values to stack])])]."""
    names = []
    for _, entries in groups:
        names += [name for name, _ in entries if name not in names]
    total = [sum(v) if isinstance(v, list) else v for _, e in groups for _, v in e]
    top = max(total)
    bottom = 10 ** floor(log10(min(v for v in total if v > 0))) if log else 0

    def width(value):
        if not log:
            return WIDTH * value / top
        return WIDTH * (log10(max(value / bottom, 1)) + 0.02) / (log10(top / bottom) + 0.02)

    out, y = [text(10, 22, title, 'font-size="15"')], 40
    for group, entries in groups:
        out.append(text(10, y + BAR - 2, group))
        for name, value in entries:
            x = LEFT
            parts = value if isinstance(value, list) else [value]
            for i, part in enumerate(parts):
                colour = COLOURS[(i if len(parts) > 1 else names.index(name)) % len(COLOURS)]
                out.append(f'<rect x="{x:.1f}" y="{y}" width="{width(part):.1f}" '
                           f'height="{BAR - 2}" fill="{colour}"/>')
                x += width(part)
            out.append(text(x + 5, y + BAR - 3, f"{shown(sum(parts))}  {name}", 'font-size="10"'))
            y += BAR
        y += GAP
    size = f'width="{LEFT + WIDTH + 150}" height="{y}"'
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>',
                      "<!-- SPDX-License-Identifier: GPL-2.0-or-later -->",
                      f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" '
                      'font-size="12">',
                      '<rect width="100%" height="100%" fill="white"/>', *out, "</svg>", ""])

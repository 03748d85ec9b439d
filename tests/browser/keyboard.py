"""A page used by keyboard alone, and whether it fits its window."""

from __future__ import annotations

from typing import Any

import pytest

MOST_TABS = 150
# How wide a page is that reaches beyond its window, with what is as wide as the window; nothing if it fits.
TOO_WIDE = """document.documentElement.scrollWidth <= window.innerWidth ? [] : [
    [document.documentElement.scrollWidth, "the page"],
    ...[...document.querySelectorAll("#desk *")]
        .map((one) => [Math.round(one.getBoundingClientRect().width), one.outerHTML.slice(0, 90)])
        .filter(([width, words]) => width > window.innerWidth - 60)
]"""


def tab_to(window: Any, selector: str) -> None:
    """Presses the Tab key until what `selector` names has the focus."""
    for _ in range(MOST_TABS):
        window.page.keyboard.press("Tab")
        if window.page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"no Tab leads to {selector}")


def press(window: Any, selector: str) -> None:
    """Goes to a button or a link by the Tab key and presses Enter on it."""
    tab_to(window, selector)
    window.press("Enter")


def write(window: Any, selector: str, words: str) -> None:
    """Goes to a field by the Tab key and types into it, in place of what is there."""
    tab_to(window, selector)
    window.page.keyboard.press("Control+a")
    window.page.keyboard.type(words)


def choose(window: Any, selector: str, words: str) -> None:
    """Goes to a list of choices by the Tab key and chooses by the beginning of the words."""
    tab_to(window, selector)
    window.page.keyboard.type(words)
    chosen = window.page.evaluate("document.activeElement.selectedOptions[0].textContent")
    assert chosen.startswith(words), chosen

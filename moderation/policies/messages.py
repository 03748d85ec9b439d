"""What is wrong with a policy, as a text that can be said in another language.

Policies know no Django: whoever shows a message gives a `translate` (its `gettext`). Templates are marked for it by
`gettext_noop`, which marks and does nothing else.
"""

from collections.abc import Callable
from typing import Any, Self

Translate = Callable[[str], str]


def gettext_noop(text: str) -> str:
    """Marks a text for translation and returns it as it is."""
    return text


class Message(str):
    """An English text that knows its template and what was put into it."""

    __slots__ = ("template", "values")
    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, **values: Any) -> Self:
        made = super().__new__(cls, template.format(**values))
        made.template, made.values = template, values
        return made

    def said(self, translate: Translate) -> str:
        """Returns the text in the language of `translate`."""
        return translate(self.template).format(**self.values)


def message_said(text: str, translate: Translate) -> str:
    """Returns a text in the language of `translate`; one that is no Message stays as it is."""
    return text.said(translate) if isinstance(text, Message) else text

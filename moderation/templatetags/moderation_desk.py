"""Filters for the desk's templates."""

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext, gettext_lazy

from archive.excerpts import excerpt
from archive.models import Comment
from moderation.desk.access import Person
from moderation.desk.cards import readers_see, severity
from moderation.desk.forms import DEFER
from moderation.desk.policies.fields import ACTION_LABELS
from moderation.desk.views.numbers import Cell
from moderation.desk.wording import labels
from moderation.desk.wording.text import Change, TextPiece, change_shown, pieces
from moderation.services.states.current import review_of, shown_state

register = template.Library()
EXCERPT_WORDS = 50
SPANS = (
    (86_400, gettext_lazy("%(number)s d")),
    (3_600, gettext_lazy("%(number)s h")),
    (60, gettext_lazy("%(number)s min")),
    (1, gettext_lazy("%(number)s s")),
)


@register.filter
def grouped(number: int) -> str:
    """Returns an integer with thousands separators: 1,000."""
    return number_format(number, force_grouping=True)


@register.filter
def two(value: float | None) -> str:
    """Returns a score with two decimals, a dash for None."""
    return "–" if value is None else number_format(value, decimal_pos=2)


@register.filter
def state_label(code: str) -> str:
    """Returns the label of a state."""
    return labels.label(labels.STATES, code)


@register.filter
def done_label(code: str) -> str:
    """Returns the past-tense label of an action."""
    return labels.label(labels.DONE, code)


@register.filter
def action_label(code: str) -> str:
    """Returns what an action is called on its button."""
    return labels.label(labels.ACTIONS, code)


@register.filter
def defer_label(code: str) -> str:
    """Returns how long a comment is deferred."""
    return labels.label(DEFER, code)


@register.filter
def number_words(cell: Cell) -> str:
    """Returns a number of a report in words: a count, a share in per cent, or a span of time."""
    if cell.value is None:
        return "–"
    if cell.kind == "share":
        return gettext("%(number)s %%") % {"number": number_format(100 * cell.value, decimal_pos=1)}
    return span_words(cell.value) if cell.kind == "span" else number_format(round(cell.value), force_grouping=True)


def span_words(seconds: float) -> str:
    """Returns a span of time in the largest unit that it fills."""
    size, words = next((unit for unit in SPANS if seconds >= unit[0]), SPANS[-1])
    return str(words) % {"number": number_format(seconds / size, decimal_pos=1 if size > 1 else 0)}


@register.filter
def attribute_label(code: str) -> str:
    """Returns an attribute in words."""
    return labels.label(labels.ATTRIBUTES, code)


@register.filter
def reason_label(label: str) -> str:
    """Returns a reason's label, translated if it is one of the initial ones."""
    return gettext(label) if label else ""


@register.filter
def comment_state(comment: Comment) -> str:
    """Returns the code of a comment's state."""
    return shown_state(comment)


@register.filter
def seen_by_readers(comment: Comment) -> bool:
    """Returns whether readers see the comment now."""
    return readers_see(comment, review_of(comment))


@register.filter
def shown_excerpt(comment: Comment, person: Person) -> list[TextPiece]:
    """Returns an excerpt of a text in pieces, with slurs masked if the person wants that."""
    return pieces(excerpt(comment, EXCERPT_WORDS), mask=person.settings.mask_slurs)


@register.filter
def severe_for(comment: Comment, person: Person) -> bool:
    """Returns whether to blur the text for the person."""
    return person.settings.blur_above is not None and severity(review_of(comment)) >= person.settings.blur_above


@register.filter
def masked_change(change: Change, mask: bool) -> str:
    """Returns a run of a comparison, with slurs masked if `mask`."""
    return change_shown(change, mask=mask)


@register.filter
def policy_action(code: object) -> str:
    """Returns what a policy's action does with a comment, in words."""
    return labels.label(ACTION_LABELS, str(code))


@register.filter
def rule_anchor(place: int) -> str:
    """Returns the id of a rule on its page."""
    return f"rule-{place}"

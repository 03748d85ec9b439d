"""The words that the desk shows for stored codes, each through gettext."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, pgettext_lazy

from moderation.models import Action, State
from moderation.services.review.actions import ACTION_RULES
from moderation.services.states.status import UNSCORED

Labels = Mapping[str, str | Promise]

STATES: Labels = {**{state: state.label for state in State}, UNSCORED: pgettext_lazy("state", "unscored")}
ACTIONS: Labels = {action: rule.label for action, rule in ACTION_RULES.items()}
# What was done, in the ledger's rows and in what the desk says after an action.
DONE: Labels = {
    **{action: rule.done for action, rule in ACTION_RULES.items()},
    Action.UNDO: pgettext_lazy("done", "undone"),
    Action.APPEAL: pgettext_lazy("done", "appealed"),
    Action.CLOSE: pgettext_lazy("done", "closed"),
    Action.HOLD: pgettext_lazy("done", "held"),
    Action.QUEUE: pgettext_lazy("done", "queued"),
    Action.MUTE: pgettext_lazy("done", "muted"),
    Action.UNMUTE: pgettext_lazy("done", "unmuted"),
    Action.ERASE: pgettext_lazy("done", "erased"),
}
ATTRIBUTES: Labels = {
    "toxicity": _("toxicity"),
    "severe_toxicity": _("severe toxicity"),
    "obscene": _("obscenity"),
    "threat": _("threat"),
    "insult": _("insult"),
    "identity_attack": _("identity attack"),
    "sexual_explicit": _("sexual content"),
}
# The reasons that every installation starts with are rows; their words are found for translation here.
SEEDED_REASONS = (
    gettext_noop("Insult or personal attack"),
    gettext_noop("Threat"),
    gettext_noop("Hatred against a group"),
    gettext_noop("Sexual content"),
    gettext_noop("Spam or advertising"),
    gettext_noop("Off topic"),
    gettext_noop("Private data of a person"),
    gettext_noop("Other illegal content"),
    gettext_noop("Other"),
)


def label(labels: Labels, code: str) -> str:
    """Returns the words for `code`; the code itself, without underscores, if there are none."""
    return str(labels.get(code, code.replace("_", " ")))

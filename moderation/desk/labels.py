"""The words that the desk shows for stored codes, each through gettext."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, pgettext_lazy

from moderation.models import Action, State
from moderation.services.states.status import UNSCORED

Labels = Mapping[str, str | Promise]

STATES: Labels = {**{state: state.label for state in State}, UNSCORED: pgettext_lazy("state", "unscored")}
ACTIONS: Labels = {
    Action.APPROVE: _("Approve"),
    Action.REJECT: _("Reject"),
    Action.DEFER: _("Defer"),
    Action.ESCALATE: _("Escalate"),
    Action.HIGHLIGHT: _("Highlight"),
    Action.UNHIGHLIGHT: _("Remove highlight"),
    Action.REOPEN: _("Reopen"),
}
# What was done, in the ledger's rows and in what the desk says after an act.
DONE: Labels = {
    Action.APPROVE: pgettext_lazy("done", "approved"),
    Action.REJECT: pgettext_lazy("done", "rejected"),
    Action.DEFER: pgettext_lazy("done", "deferred"),
    Action.ESCALATE: pgettext_lazy("done", "escalated"),
    Action.HIGHLIGHT: pgettext_lazy("done", "highlighted"),
    Action.UNHIGHLIGHT: pgettext_lazy("done", "highlight removed"),
    Action.REOPEN: pgettext_lazy("done", "reopened"),
    Action.UNDO: pgettext_lazy("done", "undone"),
    Action.APPEAL: pgettext_lazy("done", "appealed"),
    Action.CLOSE: pgettext_lazy("done", "closed"),
    Action.HOLD: pgettext_lazy("done", "held"),
    Action.QUEUE: pgettext_lazy("done", "queued"),
    Action.MUTE: pgettext_lazy("done", "muted"),
    Action.UNMUTE: pgettext_lazy("done", "unmuted"),
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
    """Returns the words for `code`; the code itself, without underscores, where there are none."""
    return str(labels.get(code, code.replace("_", " ")))

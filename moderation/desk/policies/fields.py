"""The form of a rule: its fields, each with what is typed there and what is wrong with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from moderation.desk.policies.drafts import MAX_OPEN_PARTS, ROOT, part_count, parts_placed
from moderation.desk.policies.kinds import GROUPS, KINDS, NEGATION, Part, kind_of, number_text, parts_of
from moderation.desk.wording.labels import ATTRIBUTES
from moderation.policies.documents.parse import MAX_DEPTH, MAX_PARTS
from moderation.policies.documents.schema import ACTIONS
from moderation.services.errors import FieldError

Words = str | Promise
Choices = list[tuple[str, Words]]
ACTION_LABELS: Mapping[str, Words] = {
    "pass": _("let it pass"),
    "queue": _("send it to the queue"),
    "hold": _("hold it until a person has decided"),
    "approve": _("approve it"),
    "reject": _("reject it"),
    "highlight": _("approve and highlight it"),
}
ACTION_CHOICES: Choices = [(action, ACTION_LABELS[action]) for action in ACTIONS]
LABELS: Mapping[str, Words] = {
    "name": _("which"),
    "values": _("one of these, one on each line"),
    "gte": _("at least"),
    "by_language": _("at least, in some languages (such as tr 0.4, ru 0.5)"),
    "lte": _("at most"),
    "goal": _("or a goal"),
}
NUMBERS = frozenset({"gte", "lte"})


@dataclass(frozen=True, slots=True)
class FormField:
    """One input: `control` is `text`, `number`, `lines`, `choice` or `tick`; `errors` are what is wrong with it."""

    name: str
    label: Words
    value: str
    control: str = "text"
    choices: Choices = field(default_factory=list)
    errors: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Returns the input's id."""
        return f"field-{self.name}"


@dataclass(frozen=True, slots=True)
class PartForm:
    """A condition, or a group with its `parts`. `additions` are what may be put into the group, if anything."""

    path: str
    label: Words
    fields: list[FormField]
    is_group: bool
    parts: list["PartForm"]
    additions: Choices
    errors: tuple[str, ...]

    @property
    def id(self) -> str:
        """Returns the id of the fieldset."""
        return f"part-{self.path}"


@dataclass(frozen=True, slots=True)
class RuleForm:
    """The open rule: its own fields, and its conditions; `condition` is None if there are too many for a form."""

    fields: list[FormField]
    condition: PartForm | None
    errors: tuple[str, ...]


@dataclass(slots=True)
class Faults:
    """What is wrong, by JSON pointers; each fault is shown once, at the nearest place that the form has."""

    left: list[FieldError]

    @classmethod
    def of(cls, errors: Iterable[FieldError]) -> "Faults":
        """Returns the faults of a refusal."""
        return cls(list(errors))

    def take(self, pointer: str) -> tuple[str, ...]:
        """Returns what is wrong at the place and below it, where nothing took it before."""
        here = [one for one in self.left if one.pointer == pointer or one.pointer.startswith(f"{pointer}/")]
        self.left = [one for one in self.left if one not in here]
        return tuple(one.detail for one in here)


def rule_form(rule: Part, pointer: str, faults: Faults, *, sources: Choices) -> RuleForm:
    """Returns the form of the rule at `pointer`; `sources` are those that a rule may be limited to."""
    fields = _rule_fields(rule, pointer, faults, sources)
    small = part_count(rule["when"]) <= MAX_OPEN_PARTS
    condition = part_form(rule["when"], ROOT, f"{pointer}/when", faults) if small else None
    return RuleForm(fields, condition, faults.take(pointer))


def _rule_fields(rule: Part, pointer: str, faults: Faults, sources: Choices) -> list[FormField]:
    scope = rule.get("scope", {})

    def made(name: str, label: Words, value: object, control: str, choices: Choices | None = None) -> FormField:
        place = f"{pointer}/scope/{name}" if name in {"source", "section"} else f"{pointer}/{name}"
        return FormField(f"rule.{name}", label, number_text(value), control, choices or [], faults.take(place))

    source = str(scope.get("source", ""))
    return [
        made("id", _("Name of the rule"), rule.get("id"), "text"),
        made(
            "source", _("In the source"), source, "choice", _with_current([("", _("every source")), *sources], source)
        ),
        made("section", _("In the section (left empty: every one)"), scope.get("section"), "text"),
        made("action", _("Then"), rule.get("action"), "choice", _with_current(ACTION_CHOICES, str(rule.get("action")))),
        made("priority", _("Priority (the higher comes first)"), rule.get("priority", 0), "number"),
        made("floor", _("A floor: no less safe rule overrides it"), "on" if rule.get("floor") else "", "tick"),
    ]


def part_form(part: Part, path: str, pointer: str, faults: Faults, depth: int = MAX_DEPTH) -> PartForm:
    """Returns the form of a condition or a group, and of all that is in it."""
    kind = kind_of(part)
    if kind in KINDS:
        fields = _part_fields(part, path, pointer, faults)
        return PartForm(path, KINDS[kind].label, fields, False, [], [], faults.take(pointer))
    inner = [
        part_form(child, f"{path}-{at}", place, faults, depth - 1)
        for at, (child, place) in enumerate(parts_placed(part, pointer))
    ]
    chosen = FormField(f"{path}.is", _("Met if"), kind, "choice", list(GROUPS.items()))
    return PartForm(path, _("Group"), [chosen], True, inner, _additions(part, depth), faults.take(pointer))


def _part_fields(part: Part, path: str, pointer: str, faults: Faults) -> list[FormField]:
    kind = KINDS[kind_of(part)]
    typed = kind.typed(part)
    found = []
    for name in kind.inputs:
        place = f"{pointer}/{kind.mark}" if name in {"name", "values"} else f"{pointer}/{name}"
        place = f"{pointer}/{kind.mark}/{name}" if kind.is_nested else place
        control, choices = "number" if name in NUMBERS else "lines" if name == "values" else "text", Choices()
        if kind.mark == "attribute" and name == "name":
            control, choices = "choice", _with_current([("", "–"), *ATTRIBUTES.items()], typed[name])
        found.append(FormField(f"{path}.{name}", LABELS[name], typed[name], control, choices, faults.take(place)))
    return found


def _additions(group: Part, depth: int) -> Choices:
    most = 1 if kind_of(group) == NEGATION else MAX_PARTS
    if len(parts_of(group)) >= most:
        return []
    kinds: Choices = [(name, kind.label) for name, kind in KINDS.items()]
    groups: Choices = [(name, _group_label(words)) for name, words in GROUPS.items()] if depth > 1 else []
    return [*kinds, *groups]


def _group_label(words: Words) -> str:
    return str(_("Group: %(condition)s")) % {"condition": words}


def _with_current(choices: Choices, current: str) -> Choices:
    """Returns the choices and what stands there now, if it is none of them."""
    known = {value for value, _label in choices}
    return choices if current in known else [*choices, (current, current)]

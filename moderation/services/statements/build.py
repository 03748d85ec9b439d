"""Makes a statement of reasons of a restriction. It says nothing personal: no name, no text, no note.

`moderation/services/statements/schema.json` is the public form; every statement is checked against it before it is
written.
"""

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from moderation.models import Action, Decision, Ground, Reason, StatementCategory

SCHEMA = Path(__file__).with_name("schema.json")
REMOVED = "A reader's comment under an article was removed."
HELD = "A reader's new comments are not shown before a moderator has read each of them."
NO_REASON = "the rules of the comment section"
SHOWN_SCORES = 3


def statement_of(decision: Decision, *, reason: Reason | None, reported: bool) -> dict[str, Any]:
    """Returns the statement for a rejection or a mute. The decision's comment or commenter is loaded with its source.

    `reported`: readers had reported the comment before.
    """
    about = decision.comment or decision.commenter
    return {
        **_restriction(decision),
        **_ground(decision, reason),
        "content_type": ["CONTENT_TYPE_TEXT"],
        **_category(reason),
        "content_date": _day(decision.comment.created_at if decision.comment else decision.at),
        "application_date": _day(decision.at),
        "decision_facts": _facts(decision, reported=reported),
        "source_type": "SOURCE_TYPE_OTHER_NOTIFICATION" if reported else "SOURCE_VOLUNTARY",
        "automated_detection": "Yes" if decision.automated_detection else "No",
        "automated_decision": f"AUTOMATED_DECISION_{_automation(decision)}",
        "puid": f"{about.source.slug if about else ''}-{decision.pk}",
        **_language(decision),
    }


def statement_problem(statement: dict[str, Any]) -> str:
    """Returns which field does not fit the public form, and why; empty if all do."""
    error = jsonschema.exceptions.best_match(_validator().iter_errors({"statements": [statement]}))
    return f"{'.'.join(map(str, list(error.absolute_path)[2:]))}: {error.message}"[:200] if error else ""


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def _restriction(decision: Decision) -> dict[str, Any]:
    if decision.action != Action.MUTE:
        return {"decision_visibility": ["DECISION_VISIBILITY_CONTENT_REMOVED"]}
    end = {"end_date_service_restriction": _day(decision.until)} if decision.until else {}
    return {"decision_provision": "DECISION_PROVISION_PARTIAL_SUSPENSION", **end}


def _ground(decision: Decision, reason: Reason | None) -> dict[str, str]:
    label = reason.label if reason else NO_REASON
    own = reason.legal_ground if reason else ""
    if decision.ground == Ground.ILLEGAL:
        return {
            "decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT",
            "illegal_content_legal_ground": own or f"The law on: {label}",
            "illegal_content_explanation": f"The comment is held to be illegal. The newsroom's reason: {label}.",
        }
    return {
        "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
        "incompatible_content_ground": own or f"The terms of the comment section: {label}",
        "incompatible_content_explanation": f"The comment breaks the terms. The newsroom's reason: {label}.",
        "incompatible_content_illegal": "No",
    }


def _category(reason: Reason | None) -> dict[str, Any]:
    category = reason.category if reason else StatementCategory.TERMS.value
    keywords = [f"KEYWORD_{reason.keyword}"] if reason and reason.keyword else []
    found: dict[str, Any] = {"category": f"STATEMENT_CATEGORY_{category}"}
    return {**found, "category_specification": keywords} if keywords else found


def _facts(decision: Decision, *, reported: bool) -> str:
    said = [HELD if decision.action == Action.MUTE else REMOVED]
    said += ["Readers had reported it."] if reported else []
    if decision.automated_detection:
        said.append(f"Automated means had found it{_scores(decision)}.")
    return " ".join([*said, _who(decision)])


def _scores(decision: Decision) -> str:
    highest = sorted(decision.scores.items(), key=lambda one: -one[1])[:SHOWN_SCORES]
    shown = ", ".join(f"{name} {value:.2f}" for name, value in highest)
    return f": the model {decision.model} estimated {shown}" if shown else ""


def _who(decision: Decision) -> str:
    return {
        "FULLY": f"A rule of the moderation policy ({decision.rule}) decided, without a person.",
        "NOT_AUTOMATED": "A moderator decided.",
        "PARTIALLY": "Another system decided, on the newsroom's behalf.",
    }[_automation(decision)]


def _automation(decision: Decision) -> str:
    """Returns how far the decision was automated. What a key decides may or may not have a person behind it."""
    if decision.automated_decision:
        return "FULLY"
    return "NOT_AUTOMATED" if decision.actor_id else "PARTIALLY"


def _language(decision: Decision) -> dict[str, str]:
    language = decision.comment.language[:2].upper() if decision.comment else ""
    return {"content_language": language} if language.isascii() and language.isalpha() and len(language) > 1 else {}


def _day(moment: datetime) -> str:
    return moment.date().isoformat()

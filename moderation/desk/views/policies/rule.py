"""One rule of a version: its hits day by day, and the newest comments that it decided, beside the version before."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from moderation.desk.access import Person, desk_view
from moderation.desk.cards import Card, cards_read
from moderation.desk.policies.rollouts import day_lines
from moderation.desk.policies.words import rule_lines
from moderation.desk.responses import desk_page
from moderation.desk.views.policies.access import READ, version_or_404
from moderation.models import PolicyVersion
from moderation.models.rules.policy import CANDIDATES
from moderation.policies import parse_policy
from moderation.services.policies.hits import SAMPLES, rule_hits, rule_samples


@desk_view(READ)
def rule(request: HttpRequest, person: Person, version: int) -> HttpResponse:
    """Shows the rule that `rule` names; an empty name is that none matched."""
    found, name = version_or_404(version), request.GET.get("rule", "")
    policy = parse_policy(found.body, version=found.version)
    report = rule_hits(version=found, until=timezone.now().date(), sources=person.sources)
    if name not in {row.rule for row in report.rules} | {""}:
        raise Http404
    before = version_or_404(report.before) if report.before else None
    return desk_page(
        request,
        person,
        "policies/rule",
        title=_title(found, name),
        version=found,
        before=before,
        rule=name,
        line=next((line for line in rule_lines(policy) if line.id == name), None),
        days=day_lines(report, name),
        samples=_samples(found, name, person),
        samples_before=_samples(before, name, person) if before else [],
        most=SAMPLES,
        is_candidate=found.status in CANDIDATES,
    )


def _samples(version: PolicyVersion, name: str, person: Person) -> list[Card]:
    rows = rule_samples(version=version, rule=name, sources=person.sources)
    return cards_read(list(rows.values_list("pk", flat=True)), person)


def _title(version: PolicyVersion, name: str) -> str:
    said = _("Rule %(name)s of version %(number)d") if name else _("No rule of version %(number)d matched")
    return said % {"name": name, "number": version.version}

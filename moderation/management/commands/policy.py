"""Writes, shows, compares, tests and activates policies, as files and as versions."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from archive.management.database import DatabaseCommand
from moderation.management.lacking import lacking_lines
from moderation.management.policies import policy_rejudging, policy_simulation, policy_stages, policy_suggestion
from moderation.management.policies.policy_files import WHICH, GivenPolicy, actor_named, policy_given
from moderation.management.policies.policy_renewals import renewal_lines
from moderation.models import PolicyVersion
from moderation.policies import PolicyError, parse_policy
from moderation.policies.checks import Finding
from moderation.policies.documents.sentences import rule_sentence
from moderation.services.errors import ServiceError
from moderation.services.policies.examples import policy_test
from moderation.services.policies.refusals import unreadable
from moderation.services.policies.rollout.activation import policy_activate
from moderation.services.policies.rollout.renewal import policy_renew
from moderation.services.policies.versions import PolicySaved, policy_compare, policy_create, policy_validate
from moderation.services.verdicts.facts_walk import policy_lacking


class Command(DatabaseCommand):
    """`policy apply FILE`, `policy diff BEFORE [AFTER]`, `policy show`, `policy test`, `policy activate`,

    `policy simulate`, `policy suggest`, `policy resolve`, `policy rejudge`,
    `policy shadow|rollout|retire|revert|hits VERSION`.
    """

    help = "Write, show, compare, test, simulate and activate policies, and judge again by the active one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the sub-commands."""
        parts = parser.add_subparsers(dest="part", required=True)
        self._add_reading(parts)
        self._add_writing(parts)
        policy_simulation.add_arguments(parts.add_parser("simulate", help="what a policy would do with stored scores"))
        policy_suggestion.add_arguments(parts.add_parser("suggest", help="the threshold that meets a goal"))
        policy_rejudging.add_arguments(parts.add_parser("rejudge", help="judge again what nobody has decided on"))
        policy_stages.add_parsers(parts)

    @staticmethod
    def _add_reading(parts: Any) -> None:
        diff = parts.add_parser("diff", help="what changes from one policy to another")
        diff.add_argument("before", help=WHICH)
        diff.add_argument("after", nargs="?", help=f"{WHICH}; by default the active version is the one before")
        show = parts.add_parser("show", help="a policy's rules in words, or its JSON")
        show.add_argument("policy", nargs="?", help=f"{WHICH}; by default the active version")
        show.add_argument("--json", action="store_true", help="print the JSON")
        test = parts.add_parser("test", help="check a policy and run its own tests")
        test.add_argument("policy", help=WHICH)

    @staticmethod
    def _add_writing(parts: Any) -> None:
        apply = parts.add_parser("apply", help="check a file and save it as a draft")
        apply.add_argument("policy", metavar="FILE", help="YAML or JSON")
        resolve = parts.add_parser("resolve", help="work out a version's goals and audit shares anew, as a draft")
        resolve.add_argument("version", nargs="?", type=int, help="the number of a version; by default the active one")
        activate = parts.add_parser("activate", help="make a version the active one, saving a file first")
        activate.add_argument("policy", help=WHICH)
        activate.add_argument("--rejudge", action="store_true", help="then judge again what nobody has decided on")
        activate.add_argument("--processes", **policy_rejudging.PROCESSES)
        for part in (apply, activate):
            part.add_argument("--note", default="", help="what the new version is for")
            part.add_argument("--as", dest="actor", metavar="USER", help="who writes or activates it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs the sub-command."""
        if options["part"] in policy_stages.PARTS:
            policy_stages.handle(options, self.stdout)
        else:
            getattr(self, f"part_{options['part']}")(options)

    def part_apply(self, options: dict[str, Any]) -> None:
        """Saves a file as a draft."""
        self._save(policy_given(options["policy"]), options)

    def part_diff(self, options: dict[str, Any]) -> None:
        """Prints what changes, a line each."""
        after = policy_given(options["after"] or options["before"])
        before = policy_given(options["before"]) if options["after"] else policy_given(active_version())
        lines = [str(change) for change in policy_compare(before=before.body, after=after.body)]
        self.stdout.write("\n".join(lines) or "Both say the same.")

    def part_show(self, options: dict[str, Any]) -> None:
        """Prints the rules in words, or the policy's JSON."""
        given = policy_given(options["policy"] or active_version())
        if options["json"]:
            self.stdout.write(json.dumps(given.body, indent=2, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(policy_lines(given)))

    def part_test(self, options: dict[str, Any]) -> None:
        """Checks the policy and runs its tests; fails if one does."""
        given = policy_given(options["policy"])
        try:
            policy, warnings = policy_validate(body=given.body)
            outcomes = policy_test(policy=policy)
        except ServiceError as error:
            raise given.refusal(error) from error
        self._warn(given, warnings)
        for outcome in outcomes:
            self.stdout.write(f"{given.where(outcome.example.pointer)}: {outcome}")
        failed = sum(not outcome.passed for outcome in outcomes)
        if failed:
            raise CommandError(f"{failed} of {len(outcomes)} tests failed.")
        self.stdout.write(f"{len(outcomes)} tests passed.")

    def part_activate(self, options: dict[str, Any]) -> None:
        """Activates a version, or saves a file and activates that."""
        given = policy_given(options["policy"])
        version = given.version or self._save(given, options).version.version
        try:
            row = policy_activate(version=version, actor=actor_named(options["actor"]))
        except ServiceError as error:
            raise given.refusal(error) from error
        if row.version != version:
            self.stdout.write(row.note)
        self.stdout.write(f"Version {row.version} of the policy is active: it judges what is scored from now on.")
        for line in lacking_lines(policy_lacking(parse_policy(row.body, version=row.version))):
            self.stdout.write(line)
        if options["rejudge"]:
            policy_rejudging.handle({**options, "resume": False}, self.stdout)
        else:
            self.stdout.write("`policy rejudge` judges again what was scored before and nobody has decided on.")

    def part_resolve(self, options: dict[str, Any]) -> None:
        """Resolves a version's goals anew, and works out the audit's shares; saves them as a draft."""
        given = policy_given(str(options["version"] or active_version()))
        try:
            renewed = policy_renew(version=given.version or 0)
        except ServiceError as error:
            raise given.refusal(error) from error
        self.stdout.write("\n".join(renewal_lines(renewed)))

    def part_simulate(self, options: dict[str, Any]) -> None:
        """Prints what a policy would do."""
        policy_simulation.handle(options, self.stdout)

    def part_suggest(self, options: dict[str, Any]) -> None:
        """Prints the threshold that meets a goal, or that the decisions support none."""
        policy_suggestion.handle(options, self.stdout)

    def part_rejudge(self, options: dict[str, Any]) -> None:
        """Gives what nobody has decided on the active policy's verdict."""
        policy_rejudging.handle(options, self.stdout)

    def _save(self, given: GivenPolicy, options: dict[str, Any]) -> PolicySaved:
        try:
            saved = policy_create(body=given.body, actor=actor_named(options["actor"]), note=options["note"])
        except ServiceError as error:
            raise given.refusal(error) from error
        self._warn(given, saved.warnings)
        what = "is a draft" if saved.created else f"says the same already: it is {saved.version.status}"
        self.stdout.write(f"Version {saved.version.version} of the policy {what}.")
        return saved

    def _warn(self, given: GivenPolicy, warnings: tuple[Finding, ...]) -> None:
        for one in warnings:
            self.stderr.write(f"{given.where(one.pointer)}: warning: {one.detail}")


def active_version() -> str:
    """Returns the number of the active version; raises CommandError if there is none."""
    active = PolicyVersion.objects.filter(active=True).values_list("version", flat=True).first()
    if active is None:
        raise CommandError("No policy is active.")
    return str(active)


def policy_lines(given: GivenPolicy) -> list[str]:
    """Returns the policy's name and a line for each rule, in the order in which they are tried; raises CommandError."""
    try:
        policy = parse_policy(given.body)
    except PolicyError as error:
        raise given.refusal(unreadable(error)) from error
    title = policy.name if given.version is None else f"Version {given.version}: {policy.name}"
    return [title, *(f"  {rule.id}: {rule_sentence(rule)}" for rule in policy.rules)]

"""Scores unscored comments; safe to stop, to kill, to repeat and to run concurrently."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from archive.management.database import DatabaseCommand
from archive.management.progress import Progress
from moderation.management import handed_out
from moderation.management.arguments import USAGE, number_of, parse_shard, parse_since
from moderation.management.signals import stop_on_signals
from moderation.scoring import ScoringError
from moderation.services.batch_scoring.options import ScoreOptions, ScorePlan, ScoreReport
from moderation.services.batch_scoring.run import comments_score, comments_score_plan
from moderation.services.errors import ServiceError
from moderation.services.review.deferrals import deferred_return

SHOWN_IDS = 20


class Command(DatabaseCommand):
    """`score_comments [--model NAME] [--batch-size N] [--limit N] [--since DATE] [--source NAME] [--distribute] …`"""

    help = "Score unscored comments with the active models, each in its languages."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the options."""
        parser.add_argument("--model", help="NAME or NAME@N of a model that is not active: its scores are only stored")
        parser.add_argument(
            "--batch-size", type=number_of("--batch-size"), default=64, help="texts scored and saved together (64)"
        )
        parser.add_argument("--limit", type=number_of("--limit"), help="score at most this many comments")
        parser.add_argument("--since", help="only comments written since this date or date and time")
        parser.add_argument("--source", help="only comments of this source, by slug or name")
        parser.add_argument("--shard", metavar="i/n", help="only the i-th of n parts, i from 1")
        parser.add_argument(
            "--rescore", action="store_true", help="also comments that lack the score of the model they go to"
        )
        parser.add_argument("--dry-run", action="store_true", help="only print what would be done")
        handed_out.add_arguments(parser, names_runs=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs, shows the progress, prints a summary; exits with status 1 if anything failed."""
        try:
            wanted = options_of(options)
            if options["dry_run"]:
                self.stdout.write(plan_text(comments_score_plan(options=wanted)))
            elif options["follow"]:
                handed_out.score_follow(options["follow"], on_stop=options["on_stop"], stdout=self.stdout)
            elif options["distribute"]:
                handed_out.score(wanted, on_stop=options["on_stop"], stdout=self.stdout)
            else:
                self.finish(self.run(wanted))
        except ServiceError as error:
            raise CommandError(error.detail, returncode=USAGE if error.errors else 1) from error
        except ScoringError as error:
            raise CommandError(error.detail) from error

    def run(self, wanted: ScoreOptions) -> ScoreReport:
        """Returns due deferred comments to the queue, then scores until nothing is left or a signal is received."""
        with Progress(unit="comment") as progress, stop_on_signals() as stop:
            deferred_return()
            return comments_score(
                options=wanted, progress=lambda report: progress.show(report.done, report.total), stop=stop
            )

    def finish(self, report: ScoreReport) -> None:
        """Prints a summary; raises CommandError if the run failed in whole or in part."""
        self.stdout.write(summary(report))
        if report.error:
            raise CommandError(f"The run ended early: {report.error}. Saved batches stay saved; run it again.")
        if report.set_aside:
            ids = ", ".join(f"{pk} ({code})" for pk, code in list(report.set_aside.items())[:SHOWN_IDS])
            raise CommandError(f"The model failed on {len(report.set_aside)} comments, now set aside: {ids}")


def options_of(options: dict[str, Any]) -> ScoreOptions:
    """Returns the command's options; raises CommandError for one that cannot be parsed."""
    return ScoreOptions(
        model=options["model"],
        batch_size=options["batch_size"],
        limit=options["limit"],
        since=parse_since(options["since"]),
        source=options["source"],
        shard=parse_shard(options["shard"]),
        rescore=options["rescore"],
    )


def plan_text(plan: ScorePlan) -> str:
    """Returns a plan for people to read."""
    lines = [f"Would score {plan.total:,} comments with {plan.model}; nothing was written."]
    lines += [f"  {source}: {count:,}" for source, count in sorted(plan.by_source.items())]
    if not plan.active:
        lines.append(f"  {plan.model} is not the active model: its scores would be stored, and no state changed.")
    if plan.leased:
        lines.append(f"  {plan.leased:,} of them are held by other runs at the moment.")
    if plan.set_aside:
        lines.append(
            f"  {plan.set_aside:,} others stay set aside, because the model failed on them; --rescore retries them."
        )
    if plan.closed:
        lines.append(f"  {plan.closed:,} that were withdrawn, erased or deleted would be closed.")
    return "\n".join(lines)


def summary(report: ScoreReport) -> str:
    """Returns a run's results for people to read."""
    lines = [
        f"{report.scored:,} comments scored by {report.model} in {report.seconds:,.1f} s, {report.rate:,.1f} a second.",
        f"  texts sent to the model: {report.texts_sent:,}; again for their spans: {report.spans_sent:,}",
    ]
    if len(report.by_model) > 1:
        lines += [f"  by {model}: {count:,}" for model, count in sorted(report.by_model.items())]
    if report.active:
        states = ", ".join(f"{state} {count:,}" for state, count in sorted(report.states.items()))
        lines.append(f"  flagged: {report.flagged:,}; states: {states or 'none changed'}")
    lines += [f"  refused, {code}: {count:,}" for code, count in sorted(report.refused.items())]
    counted = {
        "already had the score that counts and were only judged": report.reused,
        "set aside after failures": len(report.set_aside),
        "closed because they were withdrawn, erased or deleted": report.closed,
        "edited or closed meanwhile": report.changed,
        "left to other runs that hold them": report.left_to_others,
    }
    lines += [f"  {what}: {count:,}" for what, count in counted.items() if count]
    if report.stopped:
        lines.append("  stopped when asked to: the rest is unscored; run it again.")
    return "\n".join(lines)

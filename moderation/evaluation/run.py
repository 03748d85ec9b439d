"""An evaluation from files to figures: what `evaluate_model` and `perspective_agreement` run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from moderation.evaluation.agreement import Collected, calibration_store, curves_fit, pairs_collect
from moderation.evaluation.agreement_report import compare, notes_of, report
from moderation.evaluation.collect import evaluate
from moderation.evaluation.figures import Figures, figures_of
from moderation.evaluation.samples import SampleOptions, SampleReport, files_read
from moderation.scoring import Scorer
from moderation.scoring.calibration import MIN_ROWS, Calibration
from moderation.services.errors import conflict
from moderation.services.online_scoring.perspective import calibration_active

Progress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class SampleFiles:
    """Files of samples, and how they are read.

    Attributes:
        paths: The files.
        options: How their columns are found.
        language: What the texts are in; None: detected.
        limit: At most this many rows of each file; None: all.
    """

    paths: Sequence[Path]
    options: SampleOptions
    language: str | None = None
    limit: int | None = None

    @property
    def names(self) -> list[str]:
        """The files' names, as reports show them."""
        return [path.name for path in self.paths]


def model_evaluate(
    *, scorer: Scorer, files: SampleFiles, noise: bool, rounds: int, progress: Progress
) -> tuple[Figures, SampleReport]:
    """Returns every figure that the files give of a model, and what was read.

    Args:
        scorer: The model.
        files: Texts and what people, or Perspective, say of them.
        noise: Whether toxic texts are also scored disguised, once for each kind.
        rounds: Resamplings for the intervals; 0 for none.
        progress: Takes the bytes read and their total.

    Raises:
        ServiceError: A file cannot be read, or no row can be used.
        ScoringError: The engine fails.
    """
    read = SampleReport()
    samples = files_read(paths=files.paths, report=read, options=files.options, limit=files.limit, progress=progress)
    found = evaluate(samples=samples, scorer=scorer, language=files.language, noise=noise)
    if found.texts == found.refused:
        raise conflict("There is no row with a text that the model serves and something to compare with.")
    description = scorer.description
    about = {
        "model": description.label,
        "sha256": description.sha256,
        "size_bytes": description.size_bytes,
        "files": files.names,
        "rounds": rounds,
    }
    return about | figures_of(found=found, calibration=calibration_active(description), rounds=rounds), read


def perspective_compare(*, scorer: Scorer, files: SampleFiles, progress: Progress) -> tuple[Collected, SampleReport]:
    """Returns our scores beside Perspective's for the texts of the files, and what was read.

    Raises:
        ServiceError: A file cannot be read, or no row can be used.
        ScoringError: The engine fails.
    """
    read = SampleReport()
    samples = files_read(paths=files.paths, report=read, options=files.options, limit=files.limit, progress=progress)
    collected = pairs_collect(samples=samples, scorer=scorer, language=files.language)
    if not any(len(pairs) for pairs in collected.pairs.values()):
        raise conflict("There is no row with a text that the model serves and a score from 0 to 1.")
    return collected, read


def comparison_report(
    *, collected: Collected, scorer: Scorer, files: SampleFiles, notes: Sequence[str], fit: bool
) -> str:
    """Returns the agreement as Markdown; with `fit`, also that of a calibration made from these rows."""
    calibration = calibration_active(scorer.description)
    return report(
        compared=compare(collected=collected, calibration=calibration, fit=fit),
        model=scorer.description.label,
        notes=[*notes_of(collected=collected, files=files.names, fit=fit), *notes],
    )


def calibration_fit(*, name: str, collected: Collected, scorer: Scorer) -> Calibration:
    """Makes the local calibration `name` from the rows and stores it, one version above the last of that name.

    Raises:
        ServiceError: No attribute has enough rows.
    """
    curves = curves_fit(collected=collected)
    if not curves:
        raise conflict(f"No attribute has the {MIN_ROWS} rows that a calibration takes.")
    return calibration_store(name=name, curves=curves, scorer=scorer)

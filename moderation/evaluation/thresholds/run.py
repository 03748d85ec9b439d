"""From files to a table of thresholds: what the command `thresholds` runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from moderation.evaluation.collect import Evaluated, evaluate
from moderation.evaluation.samples import SampleOptions, SampleReport, files_read
from moderation.evaluation.thresholds.table import ATTRIBUTE, LanguageTable, language_table
from moderation.scoring import Scorer
from moderation.services.errors import conflict


@dataclass(frozen=True, slots=True)
class LanguageFiles:
    """The files of one language.

    Attributes:
        labelled: Texts and what people say of them.
        newspaper: Comments that a newspaper has published; may be none.
        options: How columns are found.
        limit: At most this many rows of each file; None: all.
    """

    language: str
    labelled: Sequence[Path]
    newspaper: Sequence[Path]
    options: SampleOptions
    limit: int | None = None

    @property
    def paths(self) -> list[Path]:
        """All of them."""
        return [*self.labelled, *self.newspaper]


def language_measure(
    *, files: LanguageFiles, scorer: Scorer, progress: Callable[[int, int], object]
) -> tuple[LanguageTable, SampleReport]:
    """Returns the table of one language by a model, and what was read.

    Args:
        files: Their texts are taken to be in the language.
        scorer: The model.
        progress: Takes the bytes read of a file or of several, and their total.

    Raises:
        ServiceError: A file cannot be read, or no text is labelled; trying again does not help.
        ScoringError: The engine fails.
    """
    read = SampleReport()

    def scored(paths: Sequence[Path], options: SampleOptions) -> Evaluated:
        samples = files_read(paths=paths, report=read, options=options, limit=files.limit, progress=progress)
        return evaluate(samples=samples, scorer=scorer, language=files.language, noise=False)

    labelled = scored(files.labelled, files.options)
    if ATTRIBUTE not in labelled.labels:
        raise conflict(f"{files.language}: no text that the model serves is labelled for {ATTRIBUTE}.")
    newspaper = scored(files.newspaper, replace(files.options, unlabelled=True)) if files.newspaper else None
    table = language_table(
        model=scorer.description.label,
        language=files.language,
        labelled=labelled,
        newspaper=newspaper,
        files=[path.name for path in files.paths],
    )
    return table, read

"""The writes of the archive: sources, articles and comments come in, change and are withdrawn here and nowhere else."""

from archive.services.articles import ArticleOutcome, articles_store
from archive.services.checks import Problem, RecordsRefusedError
from archive.services.comments import Outcome, comment_edit, comment_withdraw, comments_store
from archive.services.imports import ArchiveImport, Counts, Remark
from archive.services.parents import ParentReport, Waiting, parents_link
from archive.services.sources import source_get_or_create, source_slug

__all__ = [
    "ArchiveImport",
    "ArticleOutcome",
    "Counts",
    "Outcome",
    "ParentReport",
    "Problem",
    "RecordsRefusedError",
    "Remark",
    "Waiting",
    "articles_store",
    "comment_edit",
    "comment_withdraw",
    "comments_store",
    "parents_link",
    "source_get_or_create",
    "source_slug",
]

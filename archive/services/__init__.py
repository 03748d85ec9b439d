"""The archive's writes: its rows are stored, edited, withdrawn and erased here and nowhere else."""

from archive.services.articles import ArticleOutcome, articles_store
from archive.services.comments import Outcome, comment_edit, comment_withdraw, comments_store
from archive.services.erasure import commenter_erase, comments_erase
from archive.services.imports import ArchiveImport, Counts, ImportIssue
from archive.services.parents import ParentReport, Waiting, parents_link
from archive.services.records.validation import FieldProblem, RecordsRefusedError
from archive.services.sources import source_get_or_create, source_slug

__all__ = [
    "ArchiveImport",
    "ArticleOutcome",
    "Counts",
    "FieldProblem",
    "ImportIssue",
    "Outcome",
    "ParentReport",
    "RecordsRefusedError",
    "Waiting",
    "articles_store",
    "comment_edit",
    "comment_withdraw",
    "commenter_erase",
    "comments_erase",
    "comments_store",
    "parents_link",
    "source_get_or_create",
    "source_slug",
]

"""What `import_comments` reports of a run: each issue, and the summary."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, TextIO

from archive.services import Counts, ImportIssue

SHOWN = 10


def summary(counts: Counts) -> Iterator[str]:
    """Yields the summary: counts of articles, comments, rejected records and replies without a parent."""
    for name, kind in (("articles", counts.articles), ("comments", counts.comments)):
        yield f"{name}: {', '.join(f'{count} {outcome}' for outcome, count in kind.items())}"
    yield f"rejected: {counts.rejected}"
    if counts.erased:
        yield f"erased here before, so not stored again: {counts.erased}"
    if counts.left_out:
        yield f"left out: {', '.join(f'{count} {kind}' for kind, count in sorted(counts.left_out.items()))}"
    if counts.linked:
        yield f"replies linked to a parent that came after them: {counts.linked}"
    if counts.waiting:
        reasons = ", ".join(f"{count} {code}" for code, count in sorted(counts.waiting.items()))
        yield f"replies without their parent: {sum(counts.waiting.values())} ({reasons})"


class ImportReport:
    """The issues of a run: all of them as JSON lines in a file, else the first few on standard error."""

    def __init__(self, stream: TextIO | None, stderr: Any) -> None:
        self._stream, self._stderr = stream, stderr
        self._shown = 0
        self.hidden = 0
        self.file = ""

    def remark(self, remark: ImportIssue) -> None:
        """Writes an issue."""
        said = {key: value for key, value in asdict(remark).items() if value not in (None, "")}
        if self._stream:
            self._stream.write(json.dumps({"file": self.file, **said}, ensure_ascii=False) + "\n")
        elif self._shown < SHOWN:
            self._shown += 1
            self._stderr.write(self._line(remark))
        else:
            self.hidden += 1

    def _line(self, remark: ImportIssue) -> str:
        place = (
            ":".join(str(part) for part in (self.file, remark.line) if part) or f"{remark.source} {remark.external_id}"
        )
        verdict = "kept" if remark.kept else "rejected"
        return f"{place}: {verdict}: {': '.join(part for part in (remark.field, remark.reason) if part)}"

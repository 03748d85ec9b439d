"""Says how many stored comments lack facts that a policy reads."""

from collections.abc import Iterator

from moderation.services.verdicts.facts_walk import FactsLacking


def lacking_lines(lacking: FactsLacking) -> Iterator[str]:
    """Yields a line for the facts of texts and for each list of which something is lacking."""
    remedy = "`review_facts` makes them"
    if lacking.texts:
        yield f"{lacking.texts:,} of {lacking.reviews:,} stored comments lack facts that its rules read: {remedy}."
    for name, count in lacking.lists.items():
        if count:
            what = f"were not matched with the current version of the word list {name}"
            yield f"{count:,} stored comments {what}: {remedy}."

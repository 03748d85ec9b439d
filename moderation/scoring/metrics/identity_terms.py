"""Identity terms whose effect on scores is measured: the fifty of Dixon et al., "Measuring and mitigating unintended
bias in text classification", 2018, whose templates are the data set `madlibs`. They affect no score.
"""

import re

TERMS = (
    "lesbian", "gay", "bisexual", "transgender", "trans", "queer", "lgbt", "lgbtq", "homosexual", "straight",
    "heterosexual", "male", "female", "nonbinary", "african", "african american", "black", "white", "european",
    "hispanic", "latino", "latina", "latinx", "mexican", "canadian", "american", "asian", "indian", "middle eastern",
    "chinese", "japanese", "christian", "muslim", "jewish", "buddhist", "catholic", "protestant", "sikh", "taoist",
    "old", "older", "young", "younger", "teenage", "millenial", "middle aged", "elderly", "blind", "deaf", "paralyzed",
)  # fmt: skip
_TERM = re.compile(r"\b(?:" + "|".join(sorted(TERMS, key=len, reverse=True)) + r")\b", re.IGNORECASE)


def terms_in(text: str) -> frozenset[str]:
    """Returns the terms that a text contains as whole words, the longest if they overlap."""
    return frozenset(match[0].lower() for match in _TERM.finditer(text))

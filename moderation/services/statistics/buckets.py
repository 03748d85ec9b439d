"""How long comments waited, in buckets that can be added up: each reaches a tenth further than the one before it."""

import math
from collections.abc import Mapping
from datetime import timedelta

STEP = 1.1
LAST = 250


def bucket_of(waited: timedelta) -> int:
    """Returns the bucket of a wait; a second or less is in the first."""
    return min(LAST, int(math.log(max(1.0, waited.total_seconds())) / math.log(STEP)))


def seconds_of(bucket: int) -> float:
    """Returns the middle of a bucket in seconds, at most a twentieth from what is in it."""
    return round(math.pow(STEP, bucket + 0.5), 1)


def quantile(counts: Mapping[int, int], share: float) -> float | None:
    """Returns the seconds within which `share` of the waits were over; None without any."""
    total, seen = sum(counts.values()), 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen >= share * total:
            return seconds_of(bucket)
    return None

"""Shows on simulated archives, whose truth is known, that the estimates of policies hold what they promise."""

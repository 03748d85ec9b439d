"""People's data: what is personal, exported and erased on request, and erased when its time is over."""

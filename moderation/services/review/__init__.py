"""Moderators' actions on reviews: one, many or a score range; holds, deferrals, mutes."""

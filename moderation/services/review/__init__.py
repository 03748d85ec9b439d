"""A moderator's action moves a review: one, many or a score range; holds, deferrals, mutes."""

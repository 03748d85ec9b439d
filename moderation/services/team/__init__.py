"""What moderators do for each other: hand-overs, notes, saved views and macros. None of it decides a comment."""

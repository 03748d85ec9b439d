"""Pages of what happened and stays as it is: decisions, reviews, feedback, the audit trail."""

"""Which comments a person was asked to review, with what chance, and what came of it: the one reader of that."""

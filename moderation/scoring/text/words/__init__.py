"""English words: common ones, and those that insults are made of."""

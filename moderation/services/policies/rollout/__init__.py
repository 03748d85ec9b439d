"""A version's way into effect: activated, braked, tried in shadow or on a share, renewed."""

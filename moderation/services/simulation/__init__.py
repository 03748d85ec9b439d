"""What a policy would do: simulated over all stored scores, beside the active policy and people's decisions."""

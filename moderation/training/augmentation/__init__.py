"""More examples from those at hand: sentence crops, concatenations, perturbations, counterfactuals."""

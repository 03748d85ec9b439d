"""How far judges agree beyond chance: two of them, or any number."""

"""`benchmark hostile`: the server under attack, beside readers."""

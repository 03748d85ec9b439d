"""Makes the compact model from nothing: `python -m moderation.training --data DIR --out DIR`.

The flow, a room a stage: `data` reads, cleans and splits the sets → `augmentation` → `teachers` fill in the labels that
sets lack → `network` trains → `perspective_scale` → `release` calibrates, evaluates and exports, through
`scoring.conversion.convert`, and writes the model card. `stages` runs them.
It imports `scoring` only and nothing imports it; it needs `requirements-training.txt`.
"""

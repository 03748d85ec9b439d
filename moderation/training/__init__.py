"""Makes the compact model from nothing: `python -m moderation.training --data DIR --out DIR`.

The flow: `sources` read the sets → `cleaning` → `splitting` → `teacher` fills in what sets lack → `batches` → `network`
and `loop` train → `calibrating` → `judging` → `exporting`, through `scoring.conversion.convert`, and the model card.
It imports `scoring` only and nothing imports it; it needs `requirements-training.txt`.
"""

"""What a policy does, estimated from people's decisions: weighted shares with intervals, thresholds, alarms. Pure.

Takes arrays and numbers, gives numbers: no database, no policy, no model. Methods and their sources are in
docs/explanation/estimates.md.
"""

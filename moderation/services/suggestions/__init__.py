"""What the decisions so far say of thresholds: read from the archive, solved for goals, promised or not."""

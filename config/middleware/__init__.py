"""What every request passes through that belongs to neither app, in the order of MIDDLEWARE in the settings."""

"""What an installation is: its environment, secrets, files, packages and logs."""

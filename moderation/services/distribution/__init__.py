"""Work in parts: ranges of ids, handed out by a command or by the sweep, and what a worker does with one."""

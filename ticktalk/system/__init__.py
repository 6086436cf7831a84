"""What every room asks of the operating system: files, folders, child processes, signals, a user's own folders.

The lowest room: it imports the standard library alone."""

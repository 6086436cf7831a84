"""What all rooms need from the operating system: files, folders, child processes, signals, the user's own
folders.

The lowest room: it imports only the standard library.
"""

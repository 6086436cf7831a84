"""Operating system services for all packages: files, folders, child processes, signals, user folders.

This is the lowest layer: it imports only the standard library.
"""

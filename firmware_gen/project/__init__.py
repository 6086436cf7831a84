"""The exported C project: device files, build and report."""

"""The C project around the generated code: device files, build and report."""

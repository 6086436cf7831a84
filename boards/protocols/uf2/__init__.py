"""UF2: a boot loader that appears as a USB drive and installs the file that is copied to it."""

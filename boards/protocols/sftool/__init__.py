"""The boot loader of SiFli chips, through the external program sftool."""

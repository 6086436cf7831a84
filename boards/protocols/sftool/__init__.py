"""SiFli's boot loader, through the separate program sftool."""

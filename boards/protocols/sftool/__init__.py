"""SiFli's boot loader, by way of sftool, a program of its own."""

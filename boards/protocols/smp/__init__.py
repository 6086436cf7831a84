"""SMP over serial: MCUboot's serial recovery, and every other SMP server."""

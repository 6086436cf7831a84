"""SMP over serial: MCUboot's serial recovery, and any other SMP server."""

"""SMP over a serial port: MCUboot's serial recovery, or any other SMP server."""

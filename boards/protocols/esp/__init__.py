"""The ROM of an ESP32, through the external program esptool."""

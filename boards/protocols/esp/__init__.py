"""The ROM of an ESP32, through the separate program esptool."""

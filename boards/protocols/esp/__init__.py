"""The ROM of an ESP32, by way of esptool, a program of its own."""

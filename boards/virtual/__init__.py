"""Watches without hardware: emulated boards and simulated boot loaders."""

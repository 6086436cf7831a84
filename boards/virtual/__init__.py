"""Watches without hardware: emulated boards and models of boot loaders."""

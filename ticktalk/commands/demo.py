"""`ticktalk demo`: placeholder until below"""
def demo() -> None:
    """x"""

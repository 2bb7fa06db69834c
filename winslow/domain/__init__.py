"""The core: frozen values and pure decisions. No clock, no randomness, no I/O, no asyncio.

Time, randomness and identity are arguments; a decision carries its reason as a value.
"""

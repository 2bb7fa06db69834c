"""Calls to other nodes: their channels, what proves that a node calls, and what nodes say to each other. An adapter."""

"""The process that does the storage work, and its asyncio client. Empty on purpose: the worker must stay small."""

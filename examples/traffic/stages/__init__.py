"""Three stages that count and follow what moves before a fixed camera.

They know their directories (/input, /workspace, /output), their environment and their stdout, and nothing of
who starts them: each one runs as well by hand in any container.
"""

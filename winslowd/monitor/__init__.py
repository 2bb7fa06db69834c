"""What this node has: psutil and NVML readings, in the core's words."""

"""Runs stages in Docker containers; `driver.DockerDriver` is what the rest of the daemon uses."""

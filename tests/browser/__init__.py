"""The web UI as people use it: Debian's Chromium, driven against real daemons with a real etcd, real Docker and real files."""

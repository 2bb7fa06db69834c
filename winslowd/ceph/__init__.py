"""The servers behind the shared file system: how they are, and whom they let write. Settings `ceph.*`; without them, unused."""

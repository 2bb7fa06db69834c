"""The volume on a file system: pools, workspaces, uploads and logs, as plain blocking code.

Everything here may hang when the file system does, so it runs in a process of its own (`winslowd.files`)
and knows no asyncio, no cluster and no wire. Standard library only, so that this process stays small;
google-re2 is loaded when a log is first searched.
"""

"""Puts bounds on this process and becomes another program: for parsers of whatever people and stages have written.

`python -I -S storage/confined.py UID GID CPU MEMORY PROGRAM ARGUMENT...`: as another user where we are root, with no network, no
new rights, CPU in seconds and memory in bytes, files of its own of no size, the lowest priority, and an end with its parent.
A script of its own, since what a process may do is best given up by itself, before it reads a byte.
"""

import ctypes
import os
import resource
import signal
import sys

_NEWNET = 0x40000000
_SET_DEATH_SIGNAL, _SET_NO_NEW_PRIVILEGES = 1, 38
_IDLE_IO = 3 << 13
_IOPRIO_SET = {"x86_64": 251, "aarch64": 30}


def confine(uid: int, gid: int, cpu: int, memory: int) -> None:
    """Everything that takes rights, then giving them up."""
    libc = ctypes.CDLL(None)
    os.nice(19)
    if number := _IOPRIO_SET.get(os.uname().machine):
        libc.syscall(number, 1, 0, _IDLE_IO)
    for what, most in (
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(what, (most, most))
    if os.geteuid() == 0:
        libc.unshare(_NEWNET)  # where it is not allowed, the program has been told to use none
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    libc.prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    libc.prctl(_SET_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)  # last: a change of user clears it


if __name__ == "__main__":
    confine(*map(int, sys.argv[1:5]))
    os.execv(sys.argv[5], sys.argv[5:])  # noqa: S606 - that is what it is for

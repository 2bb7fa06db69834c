"""A network of the test's own: a switch in a namespace, and for each daemon a namespace on a port of that switch.

Where a daemon is cut off, packets are dropped in its own namespace, without a word to anybody: nobody is refused, everybody
waits. The machine's own network only gets one more interface, `wt…`, with an address of a network that nobody else uses.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import uuid

import pytest


class Network:
    """Use as a context. `address` is this process's own in it, where an etcd may listen for the daemons."""

    def __init__(self) -> None:
        self._id = uuid.uuid4().hex[:6]
        self._hub = f"wt{self._id}-hub"
        self._ports: list[Port] = []
        self._subnet = ""

    @property
    def address(self) -> str:
        return f"{self._subnet}.254"

    def __enter__(self) -> Network:
        self._subnet = _free_subnet()
        try:
            _run("ip", "netns", "add", self._hub)
            _run("ip", "-n", self._hub, "link", "add", "switch", "type", "bridge")
            _run("ip", "-n", self._hub, "link", "set", "switch", "up")
            ours = f"wt{self._id}"
            _run("ip", "link", "add", ours, "type", "veth", "peer", "name", "up0", "netns", self._hub)
            _run("ip", "-n", self._hub, "link", "set", "up0", "master", "switch", "up")
            _run("ip", "address", "add", f"{self.address}/24", "dev", ours)
            _run("ip", "link", "set", ours, "up")
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._remove()

    def port(self) -> Port:
        """One more namespace on the switch."""
        number = len(self._ports) + 1
        port = Port(f"wt{self._id}-{number}", f"{self._subnet}.{number}", f"port{number}", self._hub)
        self._ports.append(port)
        port.plug_in()
        return port

    def _remove(self) -> None:
        """Namespaces take their interfaces with them, and those their other ends."""
        for port in self._ports:
            _run("ip", "netns", "delete", port.namespace, check=False)
        _run("ip", "link", "delete", f"wt{self._id}", check=False)
        _run("ip", "netns", "delete", self._hub, check=False)


class Port:
    """A network namespace with one address. `within` runs a command there, in the machine's own files and processes."""

    def __init__(self, namespace: str, address: str, switch_end: str, hub: str) -> None:
        self.namespace = namespace
        self.address = address
        self._switch_end = switch_end
        self._hub = hub

    @property
    def within(self) -> tuple[str, ...]:
        return ("nsenter", f"--net=/var/run/netns/{self.namespace}", "--")

    def plug_in(self) -> None:
        _run("ip", "netns", "add", self.namespace)
        _run("ip", "-n", self.namespace, "link", "set", "lo", "up")
        ends = ("peer", "name", self._switch_end, "netns", self._hub)
        _run("ip", "-n", self.namespace, "link", "add", "eth0", "type", "veth", *ends)
        _run("ip", "-n", self._hub, "link", "set", self._switch_end, "master", "switch", "up")
        _run("ip", "-n", self.namespace, "address", "add", f"{self.address}/24", "dev", "eth0")
        _run("ip", "-n", self.namespace, "link", "set", "eth0", "up")

    def cut_from(self, address: str, *ports: int) -> None:
        """Drop what comes from and goes to `ports` of `address`; all of it without ports."""
        for port in ports or (0,):
            there = ("-p", "tcp", "--dport", str(port)) if port else ()
            back = ("-p", "tcp", "--sport", str(port)) if port else ()
            self._iptables("-A", "OUTPUT", "-d", address, *there, "-j", "DROP")
            self._iptables("-A", "INPUT", "-s", address, *back, "-j", "DROP")

    def cut_own(self, port: int) -> None:
        """Drop what anybody sends to our `port`, and what it answers."""
        self._iptables("-A", "INPUT", "-p", "tcp", "--dport", str(port), "-j", "DROP")
        self._iptables("-A", "OUTPUT", "-p", "tcp", "--sport", str(port), "-j", "DROP")

    def mend(self) -> None:
        """Everything flows again."""
        self._iptables("-F")

    def _iptables(self, *arguments: str) -> None:
        _run(*self.within, "iptables", "--wait", *arguments)


def _free_subnet() -> str:
    """A /24 of the range that RFC 2544 keeps for tests of networks, that no interface here is in."""
    used = _run("ip", "-brief", "address").stdout
    for number in random.sample(range(256), 256):  # two may look at once
        if f" 198.18.{number}." not in used:
            return f"198.18.{number}"
    raise AssertionError("every test network is in use")


def _run(*command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not check, f"{' '.join(command)}: {done.stderr}"
    return done


def _possible() -> bool:
    """Whether namespaces can be made here: root in some containers may not."""
    if os.geteuid() != 0 or None in map(shutil.which, ("ip", "iptables", "nsenter")):
        return False
    try:
        with Network() as network:
            network.port().mend()
    except AssertionError:
        return False
    return True


needs_namespaces = pytest.mark.skipif(
    not _possible(),
    reason="NOT TESTED: cutting a daemon off with dropped packets needs root, ip, iptables, nsenter and network namespaces",
)

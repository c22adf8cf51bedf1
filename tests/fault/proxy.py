"""Cables: `Mesh` has some that can be pulled, `Relay` one that can stand still or spoil what it carries.

`Mesh` relays TCP from the address that the chain spec names to the one where the node listens.

Needs no privileges. Who dialled is found by the owner of the socket at the other end, so both directions of a node can be cut.
"""

import os
import socket
import threading
import time


def _owner(port, pids):
    """Which of the processes has the socket with this local port."""
    inode = None
    with open("/proc/net/tcp", encoding="ascii") as table:
        for line in table.readlines()[1:]:
            fields = line.split()
            if fields[1] == f"0100007F:{port:04X}":
                inode = f"socket:[{fields[9]}]"
    for index, pid in pids.items():
        try:
            for name in os.listdir(f"/proc/{pid}/fd"):
                if os.readlink(f"/proc/{pid}/fd/{name}") == inode:
                    return index
        except OSError:
            continue
    return None


class Mesh:
    """The cables between all nodes. `routes` maps a node's index to (port in the spec, port where it listens)."""

    def __init__(self, routes, pids):
        # Seconds by which a cable between two nodes is longer, by their indexes.
        self.delays = {}
        self.pids, self.sides, self.lock, self.links, self.listeners = pids, None, threading.Lock(), [], []
        for index, (public, private) in routes.items():
            listener = socket.create_server(("127.0.0.1", public))
            self.listeners.append(listener)
            threading.Thread(target=self._accept, args=(index, listener, private), daemon=True).start()

    def split(self, *sides):
        """Cuts every cable between nodes of different sides, now and until `heal`."""
        with self.lock:
            self.sides = sides
            cut = [link for link in self.links if not self._together(link[0], link[1])]
        for link in cut:
            self._close(link)

    def heal(self):
        with self.lock:
            self.sides = None

    def stop(self):
        for listener in self.listeners:
            listener.close()
        for link in list(self.links):
            self._close(link)

    def _together(self, a, b):
        return self.sides is None or any(a in side and b in side for side in self.sides)

    def _accept(self, index, listener, private):
        while True:
            try:
                inner, address = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(index, inner, address[1], private), daemon=True).start()

    def _connect(self, index, inner, port, private):
        dialler = _owner(port, self.pids())
        outer = None
        try:
            outer = socket.create_connection(("127.0.0.1", private), timeout=5)
            outer.settimeout(None)
        except OSError:
            pass
        link = (dialler, index, inner, outer)
        with self.lock:
            allowed = outer is not None and self._together(dialler, index)
            if allowed:
                self.links.append(link)
        if not allowed:
            return self._close(link)
        threading.Thread(target=self._relay, args=(link, inner, outer), daemon=True).start()
        return self._relay(link, outer, inner)

    def _relay(self, link, source, target):
        try:
            while data := source.recv(65536):
                time.sleep(self.delays.get(frozenset(link[:2]), 0))
                target.sendall(data)
        except OSError:
            pass
        self._close(link)

    def _close(self, link):
        with self.lock:
            if link in self.links:
                self.links.remove(link)
        for end in link[2:]:
            if end is None:
                continue
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()


class Relay:
    """One port's cable. After `limit` bytes of answers it stands still; while `spoils`, it changes a digit of each long answer."""

    LONG = 20_000

    def __init__(self, port, limit):
        self.port, self.limit, self.spoils = port, limit, False
        self.carried, self.stands = 0, threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                inner, _ = self.listener.accept()
                outer = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                return
            threading.Thread(target=self._relay, args=(inner, outer, lambda data: data), daemon=True).start()
            threading.Thread(target=self._relay, args=(outer, inner, self._answer), daemon=True).start()

    @staticmethod
    def _relay(source, target, change):
        try:
            while data := source.recv(262_144):
                if changed := change(data):
                    target.sendall(changed)
        except OSError:
            pass
        source.close()
        target.close()

    def _answer(self, data):
        self.carried += len(data)
        if self.limit is not None and self.carried > self.limit:
            self.stands.set()
            return b""
        place = data.find(b"7", len(data) // 2)
        if self.spoils and len(data) > self.LONG and place > 0:
            return data[:place] + b"8" + data[place + 1 :]
        return data

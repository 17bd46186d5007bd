#!/usr/bin/env python3
"""A TCP proxy for tests that breaks connections when it is told to.

Usage: faults.py PORT UPSTREAM_PORT CONTROL     forwards 127.0.0.1:PORT to 127.0.0.1:UPSTREAM_PORT
       faults.py CONTROL WORD...                gives it an order by its unix socket CONTROL

Orders. A DIRECTION is `up` (client to server), `down` or `both`, which is meant when none is given.
`after N`: when N more bytes have passed in that direction, `up` or `down`, over all connections; else
now.

  cut [DIRECTION] [after N]     reset all connections, once; new ones work
  close [DIRECTION] [after N]   end this direction of all connections in good order, once
  stall [DIRECTION] [after N]   forward nothing, of new connections neither, until `heal`
  slow RATE [DIRECTION]         forward RATE bytes a second, until `heal`
  refuse                        take no new connections, until `heal`
  heal                          back to normal: what is stalled goes on; a fault to come does not come
  figures                       prints: connections taken, connections open, bytes up, bytes down,
                                faults that happened
"""

import asyncio
import os
import socket
import struct
import sys

CHUNK = 65536


class Direction:
    """What is sent one way, over all connections."""

    def __init__(self):
        self.passed = 0
        self.rate = 0
        self.pending = None
        self.left = 0
        self.flows = asyncio.Event()
        self.flows.set()

    def heal(self):
        self.rate = 0
        self.pending = None
        self.flows.set()

    def allowance(self, count):
        """How many of so many bytes may be sent at once."""
        if self.rate:
            count = min(count, max(1, self.rate // 20))
        return min(count, self.left) if self.pending else count


class Link:
    """One connection, and the one behind it."""

    def __init__(self, client, server):
        self.sockets = {"up": (client, server), "down": (server, client)}
        self.tasks = []
        self.is_cut = False

    def cut(self):
        """Lets the end of the tasks, when both are closed, reset both."""
        self.is_cut = True
        for each in self.sockets["up"]:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        for task in self.tasks:
            task.cancel()

    def close(self, way):
        """Ends one direction: its reader is told that there is no more."""
        try:
            self.sockets[way][1].shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Proxy:
    def __init__(self, port, upstream):
        self.port = port
        self.upstream = upstream
        self.directions = {"up": Direction(), "down": Direction()}
        self.links = set()
        self.taken = 0
        self.happened = 0
        self.listener = None

    # --- Forwarding

    def listen(self):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(128)
        listener.setblocking(False)
        self.listener = asyncio.create_task(self.accept(listener))

    async def accept(self, listener):
        loop = asyncio.get_running_loop()
        served = set()
        with listener:
            while True:
                client, _ = await loop.sock_accept(listener)
                self.taken += 1
                task = asyncio.create_task(self.serve(client))
                served.add(task)
                task.add_done_callback(served.discard)

    async def serve(self, client):
        loop = asyncio.get_running_loop()
        server = socket.socket()
        for each in (client, server):
            each.setblocking(False)
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link = Link(client, server)
        self.links.add(link)
        try:
            await loop.sock_connect(server, ("127.0.0.1", self.upstream))
            link.tasks = [asyncio.create_task(self.pump(link, way)) for way in ("up", "down")]
            await asyncio.gather(*link.tasks, return_exceptions=True)
        except OSError:
            link.cut()
        finally:
            client.close()
            server.close()
            self.links.discard(link)

    async def pump(self, link, way):
        loop = asyncio.get_running_loop()
        source, target = link.sockets[way]
        direction = self.directions[way]
        try:
            while not link.is_cut:
                await direction.flows.wait()
                data = await loop.sock_recv(source, CHUNK)
                if not data:
                    await direction.flows.wait()
                    link.close(way)
                    return
                await self.send(memoryview(data), link, target, way)
                await asyncio.sleep(0)
        except OSError:
            # The other side learns it as this one did.
            link.cut()

    async def send(self, data, link, target, way):
        loop = asyncio.get_running_loop()
        direction = self.directions[way]
        while data and not link.is_cut:
            await direction.flows.wait()
            count = direction.allowance(len(data))
            if count:
                await loop.sock_sendall(target, data[:count])
                direction.passed += count
                data = data[count:]
            if direction.rate:
                await asyncio.sleep(count / direction.rate)
            if direction.pending:
                direction.left -= count
                if direction.left <= 0:
                    self.happen(direction.pending, way)

    # --- Faults

    def happen(self, fault, way):
        self.directions[way].pending = None
        self.happened += 1
        if fault == "stall":
            self.directions[way].flows.clear()
        for link in list(self.links):
            if fault == "cut":
                link.cut()
            elif fault == "close":
                link.close(way)

    def order(self, words):
        name, *rest = words
        after = int(rest[rest.index("after") + 1]) if "after" in rest else 0
        ways = [way for way in ("up", "down") if way in rest] or ["up", "down"]
        if name in ("cut", "close", "stall"):
            if after and len(ways) > 1:
                return "unknown order: after N goes with one direction"
            if name == "cut" and not after:
                ways = ways[:1]
            for way in ways:
                if after:
                    self.directions[way].pending = name
                    self.directions[way].left = after
                else:
                    self.happen(name, way)
        elif name == "slow":
            for way in ways:
                self.directions[way].rate = int(rest[0])
        elif name == "refuse":
            self.listener.cancel()
        elif name == "heal":
            for direction in self.directions.values():
                direction.heal()
            if self.listener.cancelling():
                self.listen()
        elif name == "figures":
            up, down = self.directions["up"], self.directions["down"]
            return f"{self.taken} {len(self.links)} {up.passed} {down.passed} {self.happened}"
        else:
            return f"unknown order: {name}"
        return "ok"

    def is_refusing_soon(self):
        return self.listener.cancelling() and not self.listener.done()

    async def obey(self, reader, writer):
        words = (await reader.readline()).decode().split()
        answer = self.order(words)
        # What it ends has ended when the answer is given.
        while any(link.is_cut for link in self.links) or self.is_refusing_soon():
            await asyncio.sleep(0.001)
        writer.write((answer + "\n").encode())
        await writer.drain()
        writer.close()


async def main(port, upstream, control):
    proxy = Proxy(port, upstream)
    if os.path.exists(control):
        os.unlink(control)
    server = await asyncio.start_unix_server(proxy.obey, control)
    proxy.listen()
    async with server:
        await server.serve_forever()


def give_order(control, words):
    with socket.socket(socket.AF_UNIX) as order:
        order.connect(control)
        order.sendall((" ".join(words) + "\n").encode())
        answer = order.makefile().read().strip()
    if answer != "ok":
        print(answer)
    sys.exit(answer.startswith("unknown"))


if sys.argv[1].isdigit():
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
else:
    give_order(sys.argv[1], sys.argv[2:])

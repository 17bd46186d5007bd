#!/usr/bin/env python3
"""A forward proxy for tests: requests with whole URLs, and CONNECT.

Usage: proxy.py PORT [USER:PASSWORD]. With a user it asks for basic authentication. Each request is a
line on stdout: its method, its target and who asked (`-` for nobody). A host that ends in .proxied
is 127.0.0.1: only a client that leaves looking up names to the proxy reaches it.
"""

import asyncio
import base64
import sys
from urllib.parse import urlsplit


async def pass_on(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


class Proxy:
    def __init__(self, user):
        self.user = user

    async def serve(self, reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            line, *fields = head.decode("latin-1").split("\r\n")
            method, target, version = line.split(" ")
            asked = self.who(fields)
            print(method, target, asked or "-", flush=True)
            if self.user and asked != self.user:
                writer.write(
                    b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n"
                    b'Proxy-Authenticate: Basic realm="nb"\r\nConnection: close\r\n\r\n')
                return
            if method == "CONNECT":
                host, _, port = target.rpartition(":")
                await self.tunnel(host, int(port), b"", reader, writer)
            else:
                url = urlsplit(target)
                kept = [f for f in fields if f and not f.lower().startswith("proxy-")]
                # One request a connection, so that nothing of the next one has to be read.
                kept = [f for f in kept if not f.lower().startswith("connection:")]
                path = (url.path or "/") + (f"?{url.query}" if url.query else "")
                start = "\r\n".join(
                    [f"{method} {path} {version}", *kept, "Via: 1.1 nb-proxy",
                     "Connection: close", "", ""])
                await self.tunnel(
                    url.hostname, url.port or 80, start.encode("latin-1"), reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            pass
        finally:
            writer.close()

    def who(self, fields):
        for field in fields:
            name, _, value = field.partition(":")
            if name.lower() == "proxy-authorization":
                return base64.b64decode(value.split()[-1]).decode()
        return None

    async def tunnel(self, host, port, start, reader, writer):
        if host.endswith(".proxied"):
            host = "127.0.0.1"
        try:
            there, out = await asyncio.open_connection(host, port)
        except OSError:
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        if start:
            out.write(start)
        else:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(pass_on(reader, out), pass_on(there, writer))


async def main():
    proxy = Proxy(sys.argv[2] if len(sys.argv) > 2 else None)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", int(sys.argv[1]))
    async with server:
        await server.serve_forever()


asyncio.run(main())

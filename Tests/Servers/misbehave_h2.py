#!/usr/bin/env python3
"""An HTTP/2 server over TLS that answers as it is asked to, faults included.

Usage: misbehave_h2.py PORT CERTIFICATE KEY. Every path is a route; its query says what is wanted.
`length` announces that many bytes (0: none is announced). `key` names a counter of requests.

  /echo                           method, path and the size of the content, as JSON
  /count?key=K                    how many requests the counter has seen; /connections: connections
  /reset?bytes=N&code=C&length=L  RST_STREAM with the error code C behind N bytes
  /goaway?bytes=N&length=L        GOAWAY and the end of the connection behind N bytes
  /close?bytes=N&length=L         the end of the connection behind N bytes
  /refuse?key=K&fail=N            REFUSED_STREAM for the first N requests
  /stall?bytes=N                  announces 1,000 bytes, sends N, and no more
  /slow-upload?ms=N               reads no content for that long, then answers with its size
"""

import asyncio
import json
import ssl
import sys
from urllib.parse import parse_qs, urlsplit

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions

COUNTS = {}


class Connection(asyncio.Protocol):
    def connection_made(self, transport):
        COUNTS["connections"] = COUNTS.get("connections", 0) + 1
        self.transport = transport
        self.http = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        self.http.initiate_connection()
        self.requests = {}
        self.flush()

    def flush(self):
        if not self.transport.is_closing():
            self.transport.write(self.http.data_to_send())

    def data_received(self, data):
        try:
            events = self.http.receive_data(data)
        except h2.exceptions.ProtocolError:
            self.flush()
            self.transport.close()
            return
        for event in events:
            stream = getattr(event, "stream_id", None)
            if isinstance(event, h2.events.RequestReceived):
                headers = dict(event.headers)
                parts = urlsplit(headers[":path"])
                query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
                self.requests[stream] = [headers[":method"], parts.path, query, 0]
                if parts.path == "/slow-upload":
                    asyncio.ensure_future(self.read_late(stream, int(query["ms"])))
            elif isinstance(event, h2.events.DataReceived):
                request = self.requests[stream]
                request[3] += event.flow_controlled_length
                if request[1] != "/slow-upload":
                    self.http.acknowledge_received_data(event.flow_controlled_length, stream)
            elif isinstance(event, h2.events.StreamEnded):
                self.answer(stream, *self.requests.pop(stream))
        self.flush()

    async def read_late(self, stream, milliseconds):
        """Opens the windows after a while; until then the client has sent what fits them."""
        await asyncio.sleep(milliseconds / 1000)
        self.http.increment_flow_control_window(1 << 24)
        self.http.increment_flow_control_window(1 << 24, stream)
        self.flush()

    def answer(self, stream, method, path, query, size):
        number = {name: int(value) for name, value in query.items() if value.isdigit()}
        if "key" in query:
            COUNTS[query["key"]] = COUNTS.get(query["key"], 0) + 1
        begin = lambda: self.begin(stream, number.get("length", 0), number.get("bytes", 0))
        if path == "/reset":
            begin()
            self.http.reset_stream(stream, number.get("code", 2))
        elif path == "/goaway":
            begin()
            self.http.close_connection(0, last_stream_id=stream)
            self.flush()
            self.transport.close()
        elif path == "/close":
            begin()
            self.flush()
            self.transport.close()
        elif path == "/refuse" and COUNTS[query["key"]] <= number["fail"]:
            self.http.reset_stream(stream, h2.errors.ErrorCodes.REFUSED_STREAM)
        elif path == "/stall":
            self.begin(stream, 1000, number["bytes"])
        elif path == "/count":
            self.end(stream, str(COUNTS.get(query["key"], 0) - 1))
        elif path == "/connections":
            self.end(stream, str(COUNTS["connections"]))
        else:
            self.end(stream, json.dumps({"method": method, "path": path, "size": size}))

    def begin(self, stream, length, count):
        fields = [(":status", "200")]
        if length:
            fields.append(("content-length", str(length)))
        self.http.send_headers(stream, fields)
        self.http.send_data(stream, b"x" * count)

    def end(self, stream, text):
        self.http.send_headers(
            stream, [(":status", "200"), ("content-type", "application/json")])
        self.http.send_data(stream, text.encode(), end_stream=True)


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    context.set_alpn_protocols(["h2"])
    server = await asyncio.get_running_loop().create_server(
        Connection, "127.0.0.1", int(sys.argv[1]), ssl=context)
    async with server:
        await server.serve_forever()


asyncio.run(main())

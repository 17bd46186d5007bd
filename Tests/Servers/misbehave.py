#!/usr/bin/env python3
"""An HTTP/1.1 server that answers as it is asked to, faults included.

Usage: misbehave.py PORT. Every path below is a route; its query says what is wanted. `key` names a
counter of requests, so that tests do not meet each other.

  /echo                           the request as JSON
  /status?code=N                  that status, with a body; after=V adds Retry-After
  /flaky?key=K&fail=N&code=C      the first N requests get the status C (or `cut`: no answer)
  /count?key=K                    how many requests the counter has seen
  /slow-head?ms=N                 waits before the head
  /held?ms=N&key=K                waits, and answers how many such requests there were at once
  /stall?bytes=N                  announces 1,000 bytes, sends N, and hangs
  /truncated?bytes=N&of=M         announces M bytes, sends N, and closes
  /overlong                       announces 10 bytes and sends 1,000
  /bad-chunk, /cut-chunk          a malformed chunk; chunks without the last one
  /reset?bytes=N                  a TCP reset behind N bytes of content
  /close?key=K, /garbage          no answer; an answer that is no HTTP
  /slow-read?ms=N                 reads the request's content only after a while; answers with its size
  /redirect?to=URL&code=N&field=F, /loop  redirects, with these fields
  /bomb?size=N                    N zeros, gzipped
  /zstd?size=N&byte=B             N times the byte B (0) by zstd, if the client takes it
  /headers?n=N                    N header fields
  /cookies?set=TEXT               Set-Cookie: TEXT; the content is what came as Cookie
  /redirect-cookie?set=T&to=URL   both at once
  /cached?key=K&field=F&...       content that differs by request, with these fields; 304 where ETag or
                                  Last-Modified fit; works=N&code=C: fails from request N + 1 on
  /token?key=K&...                a token endpoint: client ada with the password s3:cret; life=N, wait=MS,
                                  error=E with description=D, code=C, raw=TEXT
  /resource?key=K&revoked=N       wants a token of that key beyond the Nth
  /times?key=K                    when requests to /timed with that key came, in seconds, as JSON
  /timed?key=K&field=F&...        notes the time; an answer with these fields
  /lines?n=N&ms=M                 N lines, M ms apart, chunked
  /content?text=T&type=C&code=N   the text, of that Content-Type
  /array?n=N&in=NAME&cut=M        N objects in an array, which is a member if it has a NAME; cut at M
  /pages?by=B&n=N&size=S          N objects in pages of S, for the scheme B: link, next, cursor, page,
                                  offset; busy=P&key=K answers 429 once at page P, broken=P 500,
                                  loop=1 never ends, away=URL goes to another origin
  /search?n=N&size=S&as=KIND      POST: objects in pages of S, for the cursor in variables.after, which is a
                                  text, an object, or the same each time (loop)
  /raw?text=T                     just that
  /skewed?by=N&key=K              its clock is N s ahead, and it takes what is signed by it, but not the
                                  first request
  /file?size=N&cut=M&hang=B&key=K N bytes with an ETag and ranges; the first request is cut behind M, or,
                                  with hang=1, gets nothing more from there
"""

import asyncio
import base64
import calendar
import gzip
import hashlib
import json
import socket
import struct
import sys
import time
import zlib
from urllib.parse import parse_qs, urlsplit

COUNTS = {}
TIMES = {}
HELD = {}
REASONS = {200: "OK", 206: "Partial Content", 404: "Not Found", 503: "Service Unavailable"}


class Request:
    def __init__(self, method, target, headers, body):
        self.method, self.target, self.headers, self.body = method, target, headers, body
        parts = urlsplit(target)
        self.path = parts.path
        self.query = {name: values[-1] for name, values in parse_qs(parts.query).items()}

    def number(self, name, default=0):
        return int(self.query.get(name, default))

    def header(self, name):
        return next((v for n, v in self.headers if n.lower() == name), None)

    def count(self):
        key = self.query.get("key", "")
        COUNTS[key] = COUNTS.get(key, 0) + 1
        return COUNTS[key]


class Connection:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def serve(self):
        try:
            while True:
                request = await self.read()
                if request is None:
                    break
                route = getattr(self, "do_" + request.path.strip("/").replace("-", "_"), None)
                if route is None:
                    await self.answer(b"no such route\n", 404)
                elif await route(request) is False:
                    break
        except (ConnectionError, asyncio.IncompleteReadError, BrokenPipeError):
            pass
        finally:
            self.writer.close()

    async def read(self):
        line = await self.reader.readline()
        if not line:
            return None
        method, target, _ = line.decode("latin-1").split(" ", 2)
        headers = []
        while (line := (await self.reader.readline()).decode("latin-1").rstrip("\r\n")) != "":
            name, _, value = line.partition(":")
            headers.append((name, value.strip()))
        request = Request(method, target, headers, b"")
        if request.path == "/slow-read":
            await asyncio.sleep(request.number("ms") / 1000)
        if (request.header("transfer-encoding") or "").lower() == "chunked":
            chunks = []
            while size := int((await self.reader.readline()).split(b";")[0], 16):
                chunks.append(await self.reader.readexactly(size))
                await self.reader.readline()
            await self.reader.readline()
            request.body = b"".join(chunks)
        elif length := int(request.header("content-length") or 0):
            request.body = await self.reader.readexactly(length)
        return request

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def head(self, status, *fields):
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Whatever')}", *fields, "", ""]
        await self.send("\r\n".join(lines).encode("latin-1"))

    async def answer(self, body, status=200, *fields, method="GET"):
        await self.head(status, f"Content-Length: {len(body)}", *fields)
        if method != "HEAD":
            await self.send(body)

    async def do_echo(self, request):
        try:
            body = request.body.decode()
        except UnicodeDecodeError:
            body = {"base64": base64.b64encode(request.body).decode()}
        document = {
            "method": request.method,
            "target": request.target,
            "headers": request.headers,
            "body": body,
            "size": len(request.body),
            "sha256": hashlib.sha256(request.body).hexdigest(),
        }
        await self.answer(
            json.dumps(document).encode(), 200, "Content-Type: application/json",
            method=request.method)

    async def do_status(self, request):
        fields = [f"Retry-After: {request.query['after']}"] if "after" in request.query else []
        request.count()
        await self.answer(b"the content of a status\n", request.number("code"), *fields)

    async def do_flaky(self, request):
        seen = request.count()
        if seen > request.number("fail"):
            await self.answer(f"answered request {seen}\n".encode())
        elif request.query.get("code", "503") == "cut":
            return False
        else:
            after = request.query.get("after")
            fields = [f"Retry-After: {after}"] if after else []
            await self.answer(b"try again\n", request.number("code", 503), *fields)

    async def do_count(self, request):
        await self.answer(str(COUNTS.get(request.query.get("key", ""), 0)).encode())

    async def do_slow_head(self, request):
        await asyncio.sleep(request.number("ms") / 1000)
        await self.answer(b"late\n")

    async def do_held(self, request):
        key = request.query.get("key", "")
        HELD[key] = HELD.get(key, 0) + 1
        seen = HELD[key]
        await asyncio.sleep(request.number("ms") / 1000)
        HELD[key] -= 1
        await self.answer(
            json.dumps({"at once": seen}).encode(), 200, "Content-Type: application/json")

    async def do_stall(self, request):
        await self.head(200, "Content-Length: 1000")
        await self.send(b"x" * request.number("bytes"))
        await self.reader.read()
        return False

    async def do_truncated(self, request):
        request.count()
        await self.head(200, f"Content-Length: {request.number('of', 1000)}")
        await self.send(b"x" * request.number("bytes", 10))
        return False

    async def do_overlong(self, request):
        await self.head(200, "Content-Length: 10")
        await self.send(b"0123456789" + b"y" * 990)
        return False

    async def do_bad_chunk(self, request):
        await self.head(200, "Transfer-Encoding: chunked")
        await self.send(b"5\r\nhello\r\nno size\r\nworld\r\n")
        return False

    async def do_cut_chunk(self, request):
        await self.head(200, "Transfer-Encoding: chunked")
        await self.send(b"5\r\nhello\r\n")
        return False

    async def do_reset(self, request):
        await self.head(200, "Content-Length: 1000")
        await self.send(b"x" * request.number("bytes"))
        await asyncio.sleep(0.05)
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()
        return False

    async def do_slow_read(self, request):
        await self.answer(str(len(request.body)).encode())

    async def do_close(self, request):
        request.count()
        return False

    async def do_garbage(self, request):
        await self.send(b"SSH-2.0-OpenSSH_9.2\r\nthis is not HTTP\r\n")
        return False

    async def do_redirect(self, request):
        request.count()
        fields = parse_qs(urlsplit(request.target).query).get("field", [])
        await self.answer(
            b"elsewhere\n", request.number("code", 302), f"Location: {request.query['to']}", *fields)

    async def do_redirect_cookie(self, request):
        await self.answer(
            b"elsewhere\n", 302, f"Location: {request.query['to']}",
            f"Set-Cookie: {request.query['set']}")

    async def do_loop(self, request):
        await self.answer(b"", 302, "Location: /loop")

    async def do_bomb(self, request):
        await self.head(200, "Content-Encoding: gzip", "Connection: close")
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        left = request.number("size")
        while left > 0:
            count = min(left, 1 << 20)
            await self.send(packer.compress(bytes(count)))
            left -= count
        await self.send(packer.flush())
        return False

    async def do_zstd(self, request):
        if "zstd" not in (request.header("accept-encoding") or ""):
            await self.answer(b"plain\n")
            return None
        await self.head(200, "Content-Encoding: zstd", "Connection: close")
        # RFC 8878: a frame with a window of 128 KiB, and a run of the byte in each block.
        await self.send(b"\x28\xb5\x2f\xfd\x00\x38")
        left, byte = request.number("size"), request.number("byte")
        while left > 0:
            count = min(left, 1 << 17)
            left -= count
            block = count << 3 | 1 << 1 | (left == 0)
            await self.send(block.to_bytes(3, "little") + bytes([byte]))
        return False

    async def do_headers(self, request):
        fields = [f"X-Field-{number}: {number}" for number in range(request.number("n"))]
        await self.answer(b"many\n", 200, *fields)

    async def do_cookies(self, request):
        fields = [f"Set-Cookie: {request.query['set']}"] if "set" in request.query else []
        await self.answer((request.header("cookie") or "").encode(), 200, *fields)

    async def do_cached(self, request):
        seen = request.count()
        if seen > request.number("works", 1 << 30):
            if request.query.get("code") == "cut":
                return False
            await self.answer(b"it fails\n", request.number("code", 503))
            return None
        fields = parse_qs(urlsplit(request.target).query).get("field", [])
        pairs = [field.split(": ", 1) for field in fields]
        known = {name.lower(): value for name, value in pairs}
        tag, date = request.header("if-none-match"), request.header("if-modified-since")
        if tag == known.get("etag") if tag else date and date == known.get("last-modified"):
            await self.head(304, f"X-Count: {seen}", *fields)
            return None
        body = f"{seen} {request.header('accept')}\n".encode()
        body *= request.number("times", 1)
        await self.answer(body, 200, f"X-Count: {seen}", *fields, method=request.method)

    async def do_token(self, request):
        count = request.count()
        await asyncio.sleep(request.number("wait") / 1000)
        form = {name: values[-1] for name, values in parse_qs(request.body.decode()).items()}
        basic = base64.b64encode(b"ada:s3%3Acret").decode()
        is_client = request.header("authorization") == f"Basic {basic}" or (
            form.get("client_id"), form.get("client_secret")) == ("ada", "s3:cret")
        code, answer = 200, {
            "access_token": f"token-{count}-{form.get('scope')}-{form.get('audience')}",
            "token_type": "Bearer", "expires_in": request.number("life", 3600)}
        if "error" in request.query:
            code = request.number("code", 400)
            answer = {"error": request.query["error"],
                      "error_description": request.query.get("description")}
        elif not is_client or form.get("grant_type") != "client_credentials":
            code, answer = 401, {"error": "invalid_client", "error_description": "who?"}
        text = request.query.get("raw", json.dumps(answer))
        await self.answer(text.encode(), code, "Content-Type: application/json")

    async def do_resource(self, request):
        request.count()
        scheme, _, token = (request.header("authorization") or "").partition(" ")
        parts = token.split("-")
        if scheme != "Bearer" or parts[0] != "token" or int(parts[1]) <= request.number("revoked"):
            await self.answer(b"no\n", 401)
        else:
            await self.answer(token.encode() + b"\n")

    async def do_timed(self, request):
        TIMES.setdefault(request.query.get("key"), []).append(time.monotonic())
        fields = parse_qs(urlsplit(request.target).query).get("field", [])
        await self.answer(b"noted\n", request.number("code", 200), *fields)

    async def do_times(self, request):
        times = TIMES.get(request.query.get("key"), [])
        await self.answer(json.dumps([moment - times[0] for moment in times]).encode())

    async def do_lines(self, request):
        await self.head(
            200, "Transfer-Encoding: chunked", "Content-Type: application/x-ndjson")
        for number in range(request.number("n")):
            line = f'{{"n":{number}}}\n'.encode()
            await self.send(b"%x\r\n%s\r\n" % (len(line), line))
            await asyncio.sleep(request.number("ms") / 1000)
        await self.send(b"0\r\n\r\n")

    async def do_content(self, request):
        await self.answer(
            request.query.get("text", "").encode(), request.number("code", 200),
            f"Content-Type: {request.query.get('type', 'application/json')}")

    async def do_array(self, request):
        name, cut = request.query.get("in"), request.number("cut", -1)
        await self.head(
            200, "Transfer-Encoding: chunked", "Content-Type: application/json")
        pieces = [f'{{"total": 1, "{name}": [' if name else "["]
        for number in range(request.number("n")):
            if number == cut:
                return False
            comma = ", " if number else ""
            pieces.append(
                f'{comma}{{"id": {number}, "name": "item {number}", "price": {number}.50, '
                f'"user": {{"login": "u{number % 7}"}}, "tags": ["a", "b"]}}')
            if len(pieces) == 1000:
                data = "".join(pieces).encode()
                await self.send(b"%x\r\n%s\r\n" % (len(data), data))
                pieces = []
        data = ("".join(pieces) + ("]}" if name else "]")).encode()
        await self.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data))

    async def do_pages(self, request):
        scheme, total = request.query.get("by", "link"), request.number("n", 10)
        size = request.number("limit", request.number("size", 3))
        at = {
            "link": "page", "next": "page", "page": "page", "cursor": "cursor", "offset": "offset",
        }[scheme]
        place = request.query.get(at, "")
        start = {
            "cursor": lambda: int(place.removeprefix("c=&") or 0),
            "offset": lambda: int(place or 0),
        }.get(scheme, lambda: (int(place or 1) - 1) * size)()
        page = start // size + 1
        if request.number("busy") == page and request.count() == 1:
            await self.answer(b"slow down\n", 429, "Retry-After: 1")
            return
        if request.number("broken") == page:
            await self.answer(b"broken\n", 500)
            return
        items = [{"id": n, "name": f"item {n}"} for n in range(start, min(start + size, total))]
        for item in items:
            item["token"] = request.header("authorization")
        is_last = start + size >= total and not request.number("loop")
        others = [p for p in urlsplit(request.target).query.split("&") if not p.startswith(at + "=")]
        if request.number("loop"):
            page = 0
        following = "?".join([request.path, "&".join([*others, f"{at}={page + 1}"])])
        base = request.query.get("away", "")
        fields, document = ["Content-Type: application/json"], items
        if scheme == "link":
            if not is_last:
                fields.append(
                    f'Link: </pages?first>; rel="first", <{base}{following}>; title="a, b"; '
                    'rel="next last"')
        elif scheme == "next":
            document = {"items": items, "next": None if is_last else base + following}
        elif scheme == "cursor":
            token = "" if is_last else f"c=&{0 if request.number('loop') else start + size}"
            document = {"items": items, "meta": {"next_cursor": token}}
        elif scheme == "page" and request.number("loop"):
            document = [{"id": 0}]
        await self.answer(json.dumps(document).encode(), 200, *fields)

    async def do_search(self, request):
        kind, size = request.query.get("as", "text"), request.number("size", 3)
        variables = json.loads(request.body).get("variables")
        after = variables.get("after") if isinstance(variables, dict) else None
        start = int(after["at"] if kind == "object" else after) if after else 0
        items = [{"id": n} for n in range(start, min(start + size, request.number("n")))]
        end = start + len(items) if kind != "loop" else 1
        cursor = None if not items else {"at": end} if kind == "object" else str(end)
        document = {"nodes": items, "end": cursor, "asked": request.body.decode()}
        await self.answer(json.dumps(document).encode(), 200, "Content-Type: application/json")

    async def do_raw(self, request):
        await self.send(request.query["text"].encode("latin-1"))
        return False

    async def do_skewed(self, request):
        now = time.time() + request.number("by")
        signed = time.strptime(request.header("x-amz-date") or "20000101T000000Z", "%Y%m%dT%H%M%SZ")
        fits = request.count() > 1 and abs(calendar.timegm(signed) - now) < 300
        date = time.strftime("Date: %a, %d %b %Y %H:%M:%S GMT", time.gmtime(now))
        body = b"signed\n" if fits else b"<Error><Code>RequestTimeTooSkewed</Code></Error>\n"
        await self.answer(body, 200 if fits else 403, date)

    async def do_file(self, request):
        size, cut = request.number("size"), request.number("cut", -1)
        content = (b"0123456789abcdef" * (size // 16 + 1))[:size]
        tag = f'"{request.query.get("tag", "v1")}"'
        fields = ["Accept-Ranges: bytes"]
        if request.query.get("tag") != "none":
            fields.append(f"ETag: {tag}")
        start, status = 0, 200
        asked = request.header("range")
        if asked and request.header("if-range") in (None, tag):
            start = int(asked.removeprefix("bytes=").split("-")[0])
            if start >= size:
                await self.answer(b"", 416, f"Content-Range: bytes */{size}")
                return None
            status = 206
            fields.append(f"Content-Range: bytes {start}-{size - 1}/{size}")
        await self.head(status, f"Content-Length: {size - start}", *fields)
        if request.count() == 1 and cut >= 0:
            await self.send(content[start:start + cut])
            if request.number("hang"):
                await self.reader.read()
            return False
        await self.send(content[start:])
        return None


async def main():
    server = await asyncio.start_server(
        lambda reader, writer: Connection(reader, writer).serve(), "127.0.0.1", int(sys.argv[1]),
        limit=1 << 20)
    async with server:
        await server.serve_forever()


asyncio.run(main())

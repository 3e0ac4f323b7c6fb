"""Somebody's gateway in front of a Hub: TLS and HTTP/2, by hypercorn.

    gateway.py HUB-URL PORT CERT KEY SEEN

Passes requests on, and writes a line "VERSION STATUS METHOD PATH" for each to
the file SEEN."""
import asyncio
import http.client
import sys
from urllib.parse import urlsplit

HOP_BY_HOP = {b"connection", b"keep-alive", b"transfer-encoding"}


def ask(netloc, scope):
    path = scope["raw_path"].decode()
    query = scope["query_string"].decode()
    connection = http.client.HTTPConnection(netloc, timeout=30)
    connection.request(scope["method"], path + ("?" + query if query else ""),
                       headers={name.decode(): value.decode()
                                for name, value in scope["headers"]})
    return connection, connection.getresponse()


def application(netloc, seen):
    async def run(scope, receive, send):
        if scope["type"] == "lifespan":
            return
        connection, answer = await asyncio.to_thread(ask, netloc, scope)
        print(f"HTTP/{scope['http_version']} {answer.status} "
              f"{scope['method']} {scope['path']}", file=seen, flush=True)
        await send({"type": "http.response.start", "status": answer.status,
                    "headers": [(name.lower().encode(), value.encode())
                                for name, value in answer.getheaders()
                                if name.lower().encode() not in HOP_BY_HOP]})
        more = True
        while more:
            piece = await asyncio.to_thread(answer.read, 1 << 18)
            more = len(piece) > 0
            await send({"type": "http.response.body", "body": piece,
                        "more_body": more})
        connection.close()
    return run


def main(hub, port, cert, key, seen):
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.certfile, config.keyfile = cert, key
    with open(seen, "w") as file:
        asyncio.run(serve(application(urlsplit(hub).netloc, file), config))


if __name__ == "__main__":
    main(*sys.argv[1:])

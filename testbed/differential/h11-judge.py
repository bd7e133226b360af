"""Reads JSON lines {"role", "parts", "end", "methods"} and says what h11 makes of the bytes (latin1).

A server's parts are one byte stream; of a client's, each part is what came after one more request.
"""
import json
import sys

import h11

HEAD_BYTES_MAX = 98304


def as_text(value):
    return bytes(value).decode("latin1")


def server(parts, end):
    conn = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_BYTES_MAX)
    requests, refused, current = [], None, None
    try:
        for part in parts:
            conn.receive_data(part.encode("latin1"))
        if end:
            conn.receive_data(b"")
        while True:
            event = conn.next_event()
            if event is h11.NEED_DATA or isinstance(event, h11.ConnectionClosed):
                break
            if event is h11.PAUSED:
                if conn.our_state not in (h11.SEND_RESPONSE, h11.DONE):
                    break
                if conn.our_state is h11.SEND_RESPONSE:
                    conn.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
                    conn.send(h11.EndOfMessage())
                conn.start_next_cycle()
            elif isinstance(event, h11.Request):
                fields = [[as_text(n), as_text(v)] for n, v in event.headers]
                current = {"method": as_text(event.method), "target": as_text(event.target)}
                current.update(fields=fields, bodyBytes=0)
            elif isinstance(event, h11.Data):
                current["bodyBytes"] += len(event.data)
            elif isinstance(event, h11.EndOfMessage):
                requests.append(current)
                conn.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
                conn.send(h11.EndOfMessage())
                if conn.our_state is not h11.DONE or conn.their_state is not h11.DONE:
                    break
                conn.start_next_cycle()
    except h11.RemoteProtocolError as error:
        refused = str(error)
    return {"requests": requests, "refused": refused}


def client(parts, methods):
    conn = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES_MAX)
    responses, refused, current = [], None, None
    try:
        for index, (part, method) in enumerate(zip(parts, methods)):
            if index > 0:
                if conn.our_state is not h11.DONE or conn.their_state is not h11.DONE:
                    break
                conn.start_next_cycle()
            conn.send(h11.Request(method=method, target="/", headers=[("Host", "a")]))
            conn.send(h11.EndOfMessage())
            conn.receive_data(part.encode("latin1"))
            last = index == len(parts) - 1
            if last:
                conn.receive_data(b"")
            while True:
                event = conn.next_event()
                if event is h11.NEED_DATA or event is h11.PAUSED:
                    break
                if isinstance(event, h11.ConnectionClosed):
                    break
                if isinstance(event, h11.Response):
                    current = {"status": event.status_code, "bodyBytes": 0}
                elif isinstance(event, h11.Data):
                    current["bodyBytes"] += len(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    responses.append(current)
                    break
    except (h11.RemoteProtocolError, h11.LocalProtocolError) as error:
        refused = str(error)
    return {"responses": responses, "refused": refused}


for line in sys.stdin:
    task = json.loads(line)
    if task["role"] == "server":
        answer = server(task["parts"], task["end"])
    else:
        answer = client(task["parts"], task["methods"])
    print(json.dumps(answer), flush=True)

"""A small client of the socket with a deadline for everything."""
import json
import socket

from family import Broken

DEADLINE = 20
ID = 123456789012345  # with the byte after it as long as the parser's buffer at first


class HungUp(Broken):
    """The connection ended without an answer."""


class Refused(Broken):
    """The answer is an error."""

    def __init__(self, error):
        super().__init__(f"{error.get('data', {}).get('type')}: {error.get('message')}")
        self.type = error.get("data", {}).get("type")
        self.error = error


class Wire:
    def __init__(self, path):
        self.path = path

    def call(self, method, **params):
        """Returns the result, or raises Refused, HungUp, or OSError where no supervisor can be reached."""
        request = {"jsonrpc": "2.0", "id": ID, "method": method, "params": params}
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(DEADLINE)
            connection.connect(self.path)
            try:
                connection.sendall(json.dumps(request).encode() + b"\n")
                line = read_line(connection)
            except TimeoutError as error:
                raise Broken(f"no answer to {method} within {DEADLINE} s") from error
            except ConnectionError as error:
                raise HungUp(f"{method}: {error}") from error
        if not line:
            raise HungUp(f"{method}: the supervisor hung up")
        answer = json.loads(line)
        if "error" in answer:
            if not answer["error"].get("message"):
                raise Broken(f"an error without words: {answer}")
            raise Refused(answer["error"])
        return answer["result"]


def read_line(connection):
    data = b""
    while not data.endswith(b"\n"):
        more = connection.recv(1 << 16)
        if not more:
            if data:
                raise Broken(f"half an answer: {data[:200]!r}")
            return b""
        data += more
    return data

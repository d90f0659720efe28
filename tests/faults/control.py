"""The page that tells fail.c which call shall fail. The order of the functions is fail.c's."""
import errno
import mmap
import os
import re
import struct

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fail.c")

# The errors of each function, where ENOMEM is not a likely one.
ERRORS = {
    "open": ["EMFILE", "ENOSPC"], "openat": ["EMFILE"], "fcntl": ["EMFILE", "ENOLCK"],
    "clone": ["EAGAIN"], "fork": ["EAGAIN"], "pthread_create": ["EAGAIN"],
    "write": ["ENOSPC", "EIO"], "send": ["ENOBUFS", "EINTR"],
    "recv": ["ECONNRESET", "EINTR"], "accept4": ["EMFILE", "ECONNABORTED", "EINTR", "ENOBUFS"],
    "connect": ["EINTR", "EACCES"], "socket": ["EMFILE"], "bind": ["ENOSPC"],
    "listen": ["EADDRINUSE"], "epoll_create1": ["EMFILE"], "epoll_ctl": ["ENOMEM", "ENOSPC"],
    "epoll_wait": ["EINTR"], "eventfd": ["EMFILE"], "signalfd": ["EMFILE"],
    "pidfd_open": ["EMFILE"], "close_range": ["ENOMEM"], "dup2": ["EINTR"], "pipe2": ["EMFILE"],
    "mkdir": ["ENOSPC"], "chdir": ["EIO"], "setrlimit": ["EPERM"], "execve": ["E2BIG", "EACCES"],
    "setsid": ["EPERM"], "posix_spawn": ["EAGAIN"],
}


def functions():
    with open(SOURCE, encoding="ascii") as file:
        plain = re.findall(r"^    X\([a-z_]+, ([a-z0-9_]+), ", file.read(), re.M)
    return ["", "malloc", "calloc", "realloc", "open", "openat", "fcntl", "clone"] + plain


class Control:
    def __init__(self, path):
        self.path = path
        self.names = functions()
        with open(path, "wb") as file:
            file.write(bytes(mmap.PAGESIZE))
        with open(path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), mmap.PAGESIZE)

    def arm(self, name, number, error):
        """Lets the call NUMBER from now of the function NAME fail, once."""
        self.disarm()
        self.page[4:16] = struct.pack("iii", number, getattr(errno, error), 0)
        self.page[0:4] = struct.pack("i", self.names.index(name))

    def disarm(self):
        self.page[0:4] = struct.pack("i", 0)

    def hits(self):
        return struct.unpack("i", self.page[12:16])[0]

    def points(self):
        """Yields each function with each of its errors."""
        for name in self.names[1:]:
            for error in ERRORS.get(name, ["ENOMEM"]):
                yield name, error

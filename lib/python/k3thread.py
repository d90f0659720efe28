"""Threads with a name, a delay and a daemon flag, and exceptions that are raised in them from outside.

    import k3thread

    thread = k3thread.daemon(work, name="worker", args=(queue,), after=0.2)
    k3thread.send_exception(thread, SystemExit)

In a command of `k3thread start`, attach() makes the exceptions arrive that the shell raises:

    k3thread.attach()                              # in the program
    k3thread raise web/worker RuntimeError         # at the shell

One file without dependencies, for CPython 3.8 and later on Linux.

An exception is raised between two steps of Python code. A thread that is in a function of C, as time.sleep()
or a read, gets it when that function returns. The main thread of a program that has called attach() in it
does not wait so long: a signal interrupts the function, unless the function goes on after signals.
"""
import array
import atexit
import base64
import builtins
import collections
import ctypes
import errno
import inspect
import itertools
import json
import os
import signal
import socket
import sys
import threading
import time
import weakref
import _thread

__all__ = ["InvalidThreadIdError", "SendRaiseError", "attach", "daemon", "detach", "publish",
           "send_exception", "start"]


class SendRaiseError(Exception):
    """The exception could not be sent."""


class InvalidThreadIdError(SendRaiseError):
    """The thread is not alive."""


# Threads

_PAUSE = 0.05  # seconds; a delay is slept in pieces, because an exception arrives between two of them


def _sleep(seconds):
    end = time.monotonic() + seconds
    while seconds > 0:
        time.sleep(min(seconds, _PAUSE))
        seconds = end - time.monotonic()


def start(target, name=None, args=None, kwargs=None, daemon=False, after=None):
    """Starts a thread that calls target(*args, **kwargs), and returns its threading.Thread.

    after is a delay in seconds. An exception that is sent during the delay ends the thread, and the target
    is not called. Python does not end while a thread runs that is no daemon.

    TypeError    after is no number
    ValueError   after is negative or NaN
    """
    if after is not None and not after >= 0:
        raise ValueError("after must not be negative, got {}".format(after))

    def run(*args, **kwargs):
        _sleep(after)
        target(*args, **kwargs)

    thread = threading.Thread(target=target if after is None else run, name=name, args=args or (),
                              kwargs=kwargs or {}, daemon=bool(daemon))
    thread.start()
    return thread


def daemon(target, name=None, args=None, kwargs=None, after=None):
    """Starts a daemon thread: start() with daemon=True."""
    return start(target, name=name, args=args, kwargs=kwargs, daemon=True, after=after)


def send_exception(thread, exctype):
    """Raises exctype in the thread, as soon as the thread runs Python code.

    An exception that was sent and not yet raised is replaced.

    TypeError              thread is no threading.Thread, or exctype is no class
    ValueError             exctype is not derived from BaseException
    InvalidThreadIdError   the thread is not alive
    SendRaiseError         Python could not raise it
    """
    if not isinstance(thread, threading.Thread):
        raise TypeError("Only Thread is allowed, got {}".format(thread))
    if not inspect.isclass(exctype):
        raise TypeError("Only types can be raised (not instances)")
    if not issubclass(exctype, BaseException):
        raise ValueError("Only sub classes of BaseException can be raised")
    _raise_in(thread, exctype)


def _raise_in(thread, exctype):
    """Sets the exception that the interpreter raises in the thread next."""
    if thread.ident is None or not thread.is_alive():
        raise InvalidThreadIdError("thread {!r} is not alive".format(thread.name))
    count = ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident),
                                                       ctypes.py_object(exctype))
    if count == 0:
        raise InvalidThreadIdError("thread {!r} is not alive".format(thread.name))
    if count != 1:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), None)
        raise SendRaiseError("PyThreadState_SetAsyncExc failed", count)


# Exceptions from the shell

_PENDING_MAX = 16
_WAKE = 16  # SIGSTKFLT, which the kernel never sends
_STATUS = ((SystemExit, 143), (KeyboardInterrupt, 130), (TimeoutError, 124))


def _status_of(exctype):
    """Returns the exit status of a process that such an exception ends."""
    return next((status for base, status in _STATUS if issubclass(exctype, base)), 1)


def _mark(exception, name, message):
    """Notes that the exception came from the shell, and what its name and message are there."""
    exception.k3thread_sent = (name, message)
    return exception


def _class_to_raise(exctype, name, message, raised):
    """Returns a subclass of exctype to raise in its place: each instance has the message, and calls raised()."""
    def __init__(self, *_):
        exctype.__init__(self, *([] if message is None else [message]))
        _mark(self, name, message)
        raised()

    def code(_):
        if _is_called_by_interpreter():
            _tell_end(name, message)
        return _status_of(exctype)

    members = {"__init__": __init__, "__module__": exctype.__module__, "__qualname__": exctype.__qualname__}
    if issubclass(exctype, SystemExit):
        members["code"] = property(code)
    return type(exctype.__name__, (exctype,), members)


def _is_called_by_interpreter():
    """Returns true if the interpreter reads `code` for its own end: then no frame of Python reads it."""
    try:
        sys._getframe(2)
    except ValueError:
        return True
    return False


class _Inbox:
    """The exceptions from the shell that one thread has not raised yet, the oldest first.

    The next one is raised a moment after the first one: at once, it would be raised before the first one is
    caught, and take its place.
    """

    def __init__(self, thread):
        self.thread = thread
        self.lock = threading.Lock()  # the thread itself never takes it, for it can be interrupted anywhere
        self.pending = collections.deque()
        self.is_raising = False  # the first one is on its way, or was raised a moment ago

    def put(self, exctype, name, message):
        with self.lock:
            if len(self.pending) >= _PENDING_MAX:
                raise SendRaiseError("too many exceptions are pending in thread {!r}".format(
                    self.thread.name))
            if issubclass(exctype, SystemExit) and self.thread is not threading.main_thread():
                self.pending.clear()  # threading knows this very class as a silent end
                _raise_in(self.thread, SystemExit)
                return
            self.pending.append(_class_to_raise(exctype, name, message, self.was_raised))
            if not self.is_raising:
                self.raise_first()

    def raise_first(self):
        """Raises the first exception in the thread. The caller holds the lock."""
        try:
            if self.thread is threading.main_thread() and _is_awake():
                signal.pthread_kill(self.thread.ident, _WAKE)
            else:
                _raise_in(self.thread, self.pending[0])
        except InvalidThreadIdError:
            self.pending.clear()
            raise
        self.is_raising = True

    def was_raised(self):
        """Goes on in another thread: the exception calls this where it is raised, and must not wait."""
        _thread.start_new_thread(self.go_on, ())

    def go_on(self):
        time.sleep(_PAUSE)
        with self.lock:
            self.is_raising = False
            if self.pending:
                self.pending.popleft()
            try:
                if self.pending:
                    self.raise_first()
            except SendRaiseError:
                pass  # the thread has ended


def _is_awake():
    """Returns true if the main thread takes its exceptions by a signal."""
    return signal.getsignal(_WAKE) is _wake


def _waits_for_others(frame):
    """Returns true if the main thread has ended its work, and waits for the threads that are no daemons."""
    while frame is not None and frame.f_code is not threading._shutdown.__code__:
        frame = frame.f_back
    return frame is not None


def _wake(_number, frame):
    inbox = _inboxes.get(threading.main_thread())
    # At the end no code can catch it any more: Python would print it, and no longer wait for the other threads.
    if inbox is not None and inbox.pending and not _waits_for_others(frame):
        raise inbox.pending[0]()


_inboxes = weakref.WeakKeyDictionary()
_published = {}


def publish(exctype):
    """Lets `k3thread raise` find an exception of the program by its name. Returns it, as a decorator does."""
    if not (inspect.isclass(exctype) and issubclass(exctype, BaseException)):
        raise TypeError("Only exceptions can be published")
    _published[exctype.__name__] = exctype
    connection = _connection
    if connection is not None:
        connection.tell(published=[_description(exctype)])
    return exctype


def _description(exctype):
    base = next(base for base in exctype.__mro__[1:] if _find_type(base.__name__) is base)
    return {"name": exctype.__name__, "base": base.__name__}


def _find_type(name):
    """Returns the exception of that name, or None."""
    exctype = _published.get(name) or globals().get(name) or getattr(builtins, name, None)
    return exctype if inspect.isclass(exctype) and issubclass(exctype, BaseException) else None


# The connection to the supervisor

_connection = None
_ERRORS = {-32011: errno.EBUSY, -32008: errno.EPERM, -32003: errno.ESRCH}
_SLOW = 1.0  # seconds; the longest wait for the supervisor


class _Refused(Exception):
    """A raise that is answered with an error of the protocol."""


def _escape(name):
    """Returns a thread's name as the shell has it."""
    data = name.encode("utf-8", "surrogateescape")
    text = "".join(
        "\\x{:02x}".format(ord(c) & 0xff) if c in "/*?[]\\" or ord(c) < 32 or ord(c) == 127
        or 0xdc80 <= ord(c) <= 0xdcff else c
        for c in data.decode("utf-8", "surrogateescape"))
    return "\\x{:02x}{}".format(ord(text[0]), text[1:]) if text.isascii() and text.isdigit() else text


def _text(value):
    """Returns a string of the protocol, which may be bytes in base64."""
    if isinstance(value, dict):
        return base64.b64decode(value["base64"]).decode("utf-8", "surrogateescape")
    return value


class _Connection:
    """The attachment of this process. A thread that threading does not know reads it."""

    def __init__(self, path, thread):
        self.lock = threading.RLock()
        self.received, self.descriptors = b"", array.array("i")
        self.ids, self.numbers = weakref.WeakKeyDictionary(), itertools.count(1)
        self.replies, self.requests = {}, itertools.count(2)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            try:
                self.socket.connect(path)
            except OSError as error:
                raise OSError(error.errno, error.strerror, path) from None
            self.send(id=1, method="attach", params={"thread": thread})
            self.await_permission()
        except BaseException:
            self.close()
            raise

    def await_permission(self):
        reply = self.receive()
        while reply is not None and reply.get("id") != 1:
            reply = self.receive()
        if reply is None:
            raise ConnectionError("the supervisor has closed the connection")
        if "error" in reply:
            raise OSError(_ERRORS.get(reply["error"]["code"], errno.EIO), reply["error"]["message"])

    def close(self):
        self.socket.close()
        for descriptor in self.descriptors:
            os.close(descriptor)
        self.descriptors = array.array("i")

    def send(self, **message):
        with self.lock:
            self.socket.sendall(json.dumps(dict(message, jsonrpc="2.0")).encode() + b"\n")

    def receive(self):
        """Returns the next message, or None when the connection has ended."""
        while b"\n" not in self.received:
            data, parts, _, _ = self.socket.recvmsg(1 << 16, socket.CMSG_SPACE(4), socket.MSG_CMSG_CLOEXEC)
            for _, _, descriptors in parts:
                self.descriptors.frombytes(descriptors[:len(descriptors) // 4 * 4])
            if not data:
                return None
            self.received += data
        line, _, self.received = self.received.partition(b"\n")
        return json.loads(line.decode())

    def serve(self):
        try:
            message = self.receive()
            while message is not None:
                if message.get("method") == "raise":
                    self.answer(message)
                elif message.get("id") in self.replies:
                    self.replies.pop(message["id"]).release()
                message = self.receive()
        except (OSError, ValueError):
            pass
        _forget(self)

    def answer(self, request):
        try:
            self.send(id=request["id"], result=self.take(request["params"]))
        except _Refused as refused:
            code, text = refused.args
            self.send(id=request["id"], error={"code": code, "message": text})

    def take(self, params):
        """Puts an exception into the inbox of its thread. Returns the thread."""
        try:
            os.read(self.descriptors[0], 8)
        except BlockingIOError:
            raise _Refused(-32004, "withdrawn") from None
        thread = self.find(params.get("thread"))
        exctype = _find_type(params["exception"])
        message = _text(params.get("message"))
        if exctype is None:
            raise _Refused(-32002, "no exception is named {!r}".format(params["exception"]))
        try:
            exctype(*([] if message is None else [message]))
            _inboxes.setdefault(thread, _Inbox(thread)).put(exctype, params["exception"], message)
        except InvalidThreadIdError:
            raise _Refused(-32003, "no live thread {!r}".format(thread.name)) from None
        except SendRaiseError as error:
            raise _Refused(-32004, str(error)) from None
        except Exception as error:
            raise _Refused(-32004, "{} cannot be made: {}".format(params["exception"], error)) from None
        return {"id": self.id_of(thread), "name": _escape(thread.name)}

    def find(self, word):
        if word is None:
            return threading.main_thread()
        for thread in threading.enumerate():
            if word == (self.id_of(thread) if isinstance(word, int) else _escape(thread.name)):
                return thread
        raise _Refused(-32003, "no live thread {!r}".format(word))

    def id_of(self, thread):
        with self.lock:
            if thread not in self.ids:
                self.ids[thread] = next(self.numbers)
            return self.ids[thread]

    def describe(self, thread):
        return {"id": self.id_of(thread), "name": _escape(thread.name),
                "tid": getattr(thread, "native_id", None) or os.getpid(), "daemon": thread.daemon}

    def tell(self, **news):
        """Tells the supervisor, if it can be reached."""
        try:
            self.send(method="tell", params=news)
        except OSError:
            pass

    def tell_and_wait(self, **news):
        """Tells the supervisor, and waits a moment for its reply."""
        number, done = next(self.requests), _thread.allocate_lock()
        done.acquire()
        self.replies[number] = done
        try:
            self.send(id=number, method="tell", params=news)
        except OSError:
            return
        done.acquire(timeout=_SLOW)


def attach():
    """Makes the exceptions arrive in this process that the shell raises in its k3thread thread.

    `k3thread raise web` raises in the main thread, `k3thread raise web/NAME` in the thread of that name. If
    no code catches the exception in the main thread, the process ends with 143 (SystemExit), 130
    (KeyboardInterrupt), 124 (TimeoutError) or 1.

    Returns True, or False if no k3thread supervisor has started this process. RuntimeError: not called in
    the main thread, where alone Python can set the handler of the signal (SIGSTKFLT) that wakes that thread.
    OSError: EBUSY, because another process of the thread is attached; EPERM; ESRCH; or that of connect(2).
    """
    global _connection
    path, thread = os.environ.get("K3THREAD_SOCKET"), os.environ.get("K3THREAD_ID", "")
    if _connection is not None:
        return True
    if not path or not thread.isdigit():
        return False
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("attach() must be called in the main thread")
    connection = _Connection(path, int(thread))
    signal.signal(_WAKE, _wake)
    _replace_excepthook()
    _connection = connection
    connection.id_of(threading.main_thread())
    connection.tell(started=[connection.describe(thread) for thread in threading.enumerate()],
                    published=[_description(exctype) for exctype in _published.values()])
    _thread.start_new_thread(connection.serve, ())
    return True


def detach():
    """Ends the attachment: from now on a raise is a signal again. Nothing happens without one."""
    connection = _connection
    if connection is not None:
        connection.socket.shutdown(socket.SHUT_RDWR)  # serve() closes it
        _forget(connection)


def _forget(connection):
    global _connection
    with connection.lock:
        if _connection is connection:
            _connection = None
            connection.close()


def _leave_parents_connection():
    """Closes the connection in a forked child: it is the parent's."""
    global _connection
    connection, _connection = _connection, None
    if connection is not None:
        connection.close()


_run_thread = threading.Thread._bootstrap_inner


def _watch_thread(self):
    """Runs a thread as threading does, and tells of its start and its end while the process is attached."""
    self._set_native_id()
    _tell(lambda connection: {"started": [connection.describe(self)]})
    try:
        _run_thread(self)
    finally:
        _tell(lambda connection: {"ended": [connection.id_of(self)]})


# Set here and not by attach(): a thread that starts before attach() may end after it.
threading.Thread._bootstrap_inner = _watch_thread
os.register_at_fork(after_in_child=_leave_parents_connection)


def _replace_excepthook():
    """Makes an exception from the shell that no code catches end the process. Takes effect once."""
    hook = sys.excepthook

    def excepthook(exctype, exception, trace):
        hook(exctype, exception, trace)
        if hasattr(exception, "k3thread_sent"):
            _end(exctype, exception)

    if not hasattr(hook, "k3thread"):
        excepthook.k3thread = True
        sys.excepthook = excepthook


def _tell(make_news):
    connection = _connection
    if connection is not None:
        connection.tell(**make_news(connection))


def _tell_end(name, message):
    """Tells the supervisor which exception ends the process."""
    connection = _connection
    if connection is not None:
        news = {"exception": name}
        if message is not None:
            news["message"] = message
        connection.tell_and_wait(**news)


def _end(exctype, exception):
    """Ends the process with the status of the exception, after everything that Python does at an end."""
    _tell_end(*exception.k3thread_sent)
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            pass
    os._exit(_status_of(exctype))

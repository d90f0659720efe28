"""
Measures the two functions of the Python library in the rows that the C programs print: k3thread.start
with join, and k3thread.send_exception.
"""

import ctypes
import os
import statistics
import threading
import time

SECONDS = float(os.environ.get("BENCH_SECONDS", "1"))
NAP = 0.05


def send_exception(thread, exception):
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread.ident), ctypes.py_object(exception)
    )


def start_and_join():
    begin = time.monotonic_ns()
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()
    return time.monotonic_ns() - begin


def raise_in(what_it_does):
    """Measures the time from the raise to the except clause, in a thread that does WHAT_IT_DOES again and again."""
    begun = threading.Event()
    caught_at = []

    def target():
        try:
            begun.set()
            while True:
                what_it_does()
        except SystemExit:
            caught_at.append(time.monotonic_ns())

    thread = threading.Thread(target=target)
    thread.start()
    begun.wait()
    begin = time.monotonic_ns()
    send_exception(thread, SystemExit)
    thread.join()
    return caught_at[0] - begin


def measure(name, of_k3thread, sample, least):
    values = []
    end = time.monotonic() + SECONDS
    while len(values) < least or (time.monotonic() < end and len(values) < 10000):
        values.append(sample())
    values.sort()
    p99 = values[round(0.99 * (len(values) - 1))]
    print(name, of_k3thread, round(statistics.median(values)), p99, sep="\t")


measure("start and join", "start and join", start_and_join, 50)
measure(
    "send_exception, busy thread",
    "raise to caught, in a safepoint loop",
    lambda: raise_in(lambda: None),
    20,
)
measure(
    "send_exception, in time.sleep(0.05)",
    "raise to caught, in a wait",
    lambda: raise_in(lambda: time.sleep(NAP)),
    20,
)

#!/usr/bin/env bats
# lib/python/k3thread.py: threads of Python, and exceptions that the shell raises in them. See k3thread-python(7).

# shellcheck disable=SC2016,SC2154  # helpers.bash and run set some names

load ../cli/helpers
load said

PYTHONPATH=$(cd "$BATS_TEST_DIRNAME/../../lib/python" && pwd)
export PYTHONPATH PYTHONDONTWRITEBYTECODE=1

# python TEXT: runs a program with what the tests need.
python() {
  timeout "$DEADLINE" python3 -c "
import sys, threading, time, k3thread
def fails(error, call, *arguments):
    try:
        call(*arguments)
    except error as caught:
        assert type(caught) is error, caught
    else:
        raise AssertionError('nothing was raised')
def busy(caught):
    try:
        while True:
            pass
    except SystemExit as error:
        caught.append(error)
$1"
}

# begin NAME TEXT: starts a program as a thread, and waits until it says that it is ready.
begin() {
  k3 start -n "$1" -o "$dir/$1.out" -- python3 -c "
import os, sys, threading, time, k3thread
def say(*words):
    print(*words, flush=True)
$2"
  wait_until "$DEADLINE" has_said "$1" ready
}

catcher='
@k3thread.publish
class Reload(Exception):
    pass
def work():
    while True:
        try:
            while True:
                time.sleep(0.01)
        except RuntimeError as error:
            say(threading.current_thread().name, "caught", type(error).__name__, error)
k3thread.daemon(work, name="before")
assert k3thread.attach() and k3thread.attach()
after = k3thread.daemon(work, name="a/b")
say("ready")
while True:
    try:
        time.sleep(1000)
    except (ValueError, Reload) as error:
        say("main caught", type(error).__name__, error)
'

@test "python: start calls the target with its arguments, and daemon makes a daemon" {
  python '
got = []
def note(*args, **kwargs):
    got.append((threading.current_thread().name, args, kwargs))
k3thread.start(note, name="one", args=(1, 2), kwargs={"key": 3}).join()
assert got == [("one", (1, 2), {"key": 3})], got
assert not k3thread.start(note).daemon and k3thread.start(note, daemon=True).daemon
assert k3thread.daemon(note).daemon'
}

@test "python: a delayed target is called after the delay, and not at all when an exception comes before" {
  python '
got, begin = [], time.monotonic()
k3thread.start(lambda: got.append(time.monotonic() - begin), after=0.3).join()
assert 0.3 <= got[0] < 5, got
late = k3thread.daemon(lambda: got.append("called"), after=1000)
k3thread.send_exception(late, SystemExit)
late.join(20)
assert not late.is_alive() and len(got) == 1, got'
}

@test "python: a delay that is negative or no number starts no thread" {
  python '
before = threading.active_count()
for start in k3thread.start, k3thread.daemon:
    fails(ValueError, lambda: start(print, after=-0.1))
    fails(ValueError, lambda: start(print, after=float("nan")))
    fails(TypeError, lambda: start(print, after="1"))
assert threading.active_count() == before'
}

@test "python: send_exception raises in a thread that computes, and names each mistake by its own error" {
  python '
caught = []
thread = k3thread.daemon(busy, args=(caught,))
fails(TypeError, k3thread.send_exception, "thread", SystemExit)
fails(TypeError, k3thread.send_exception, thread, SystemExit())
fails(ValueError, k3thread.send_exception, thread, int)
k3thread.send_exception(thread, SystemExit)
thread.join(20)
assert not thread.is_alive() and len(caught) == 1
fails(k3thread.InvalidThreadIdError, k3thread.send_exception, thread, SystemExit)
fails(k3thread.InvalidThreadIdError, k3thread.send_exception, threading.Thread(), SystemExit)
assert issubclass(k3thread.InvalidThreadIdError, k3thread.SendRaiseError)'
}

@test "python: attach without a supervisor returns False, and detach does nothing" {
  unset K3THREAD_SOCKET K3THREAD_ID
  python 'assert k3thread.attach() is False; k3thread.detach()'
  K3THREAD_SOCKET=$dir/none python 'assert k3thread.attach() is False'
  K3THREAD_SOCKET=$dir/none K3THREAD_ID=1 python 'fails(FileNotFoundError, k3thread.attach)'
  K3THREAD_SOCKET=$dir/none K3THREAD_ID=1 python '
done = []
thread = k3thread.start(lambda: fails(RuntimeError, k3thread.attach) or done.append(1))
thread.join()
assert done == [1]'
}

@test "python: an exception from the shell is raised in the main thread, which sleeps, with its message" {
  begin web "$catcher"
  k3 raise -m 'bad line' web ValueError
  wait_until "$DEADLINE" has_said web 'main caught ValueError bad line'
  k3 raise web Reload
  wait_until "$DEADLINE" has_said web 'main caught Reload '
  k3 raise -m bye web
  run -143 k3 join web
  is "$(k3_field web exception) $(k3_field web message)" 'SystemExit bye'
}

@test "python: threads are listed and raised in by name, also those that start after attach" {
  begin web "$catcher"
  wait_until "$DEADLINE" lists_inner
  k3 raise -m one web/before RuntimeError
  wait_until "$DEADLINE" has_said web 'before caught RuntimeError one'
  k3 raise -m two 'web/a\x2fb' RuntimeError
  wait_until "$DEADLINE" has_said web 'a/b caught RuntimeError two'
  k3 raise web/before
  wait_until "$DEADLINE" lists_no_before
  run -3 k3 raise web/before
}

@test "python: an exception of the program that takes more than a message cannot be raised" {
  begin web "
class Picky(Exception):
    def __init__(self, one, two):
        pass
k3thread.publish(Picky)
$catcher"
  run -1 k3 raise web Picky
  like "$output" "*SendRaiseError: thread 'web': Picky cannot be made: *"
  k3 raise web Reload
  wait_until "$DEADLINE" has_said web 'main caught Reload '
}

lists_inner() {
  [ "$(k3 list -q web/ | wc -l)" = 3 ] && k3 list web/ | grep -qF 'web/a\x2fb'
}

lists_no_before() {
  ! k3 list web/ | grep -q web/before
}

@test "python: exceptions that come faster than they are raised arrive one after the other" {
  begin web "$catcher"
  for i in 1 2 3 4 5; do
    k3 raise -m "$i" web ValueError
    k3 raise -m "$i" web/before RuntimeError
  done
  wait_until "$DEADLINE" has_said web 'main caught ValueError 5'
  wait_until "$DEADLINE" has_said web 'before caught RuntimeError 5'
  is "$(grep '^main caught' "$dir/web.out" | tr -dc 0-9)" 12345
  is "$(grep '^before caught' "$dir/web.out" | tr -dc 0-9)" 12345
}

@test "python: an exception that nobody catches ends the process with its status, after the clean-ups" {
  for row in SystemExit:143 KeyboardInterrupt:130 TimeoutError:124 ValueError:1; do
    name=${row%:*}
    begin "$name" '
import atexit
atexit.register(say, "at exit")
k3thread.attach()
say("ready")
try:
    time.sleep(1000)
finally:
    say("cleaned up")'
    k3 raise -m "why $name" "$name" "$name"
    run "-${row#*:}" k3 join "$name"
    is "$(k3_field "$name" exception) $(k3_field "$name" message)" "$name why $name"
    has_said "$name" 'cleaned up'
    has_said "$name" 'at exit'
  done
}

@test "python: a SystemExit that the program catches and raises itself keeps the program's status" {
  begin web '
k3thread.attach()
say("ready")
try:
    time.sleep(1000)
except SystemExit:
    sys.exit(7)'
  k3 raise web
  run -7 k3 join web
}

@test "python: after detach a raise is a signal again, and a forked child is not attached" {
  begin web '
import signal
signal.signal(signal.SIGTERM, lambda *_: (say("SIGTERM"), os._exit(9)))
k3thread.attach()
if os.fork() == 0:
    assert k3thread._connection is None
    os._exit(0)
assert os.wait()[1] == 0
k3thread.detach()
say("ready")
time.sleep(1000)'
  k3 raise web
  run -9 k3 join web
  has_said web SIGTERM
}

@test "python: a main thread that waits for the others at its end keeps waiting, and the grace ends it" {
  k3 start -n web -o "$dir/web.out" --grace 0.5 -- python3 -c "
import threading, time, k3thread
def work():
    while threading.main_thread().is_alive():
        time.sleep(0.01)
    print('alone', flush=True)
    while True:
        try:
            while True:
                time.sleep(0.01)
        except ValueError as error:
            print('caught', error, flush=True)
k3thread.attach()
k3thread.start(work, name='worker')"
  wait_until "$DEADLINE" has_said web alone
  k3 raise web ValueError
  k3 raise web/worker -m again ValueError
  wait_until "$DEADLINE" has_said web 'caught again'
  k3 raise web
  run -137 k3 join web
  is "$(k3_field web exception)" SystemExit
  run ! grep -i traceback web.out
}

@test "python: only list and raise take threads inside a process; other commands say so" {
  begin web "$catcher"
  for command in "join -t 5" "join --any" "join --ready" "restart" "logs" "logs -f" "clear"; do
    for word in 'web/*' web/before; do
      # shellcheck disable=SC2086  # a list of words
      run -64 k3 $command "$word" </dev/null
      is "$output" "k3thread: ${command%% *}: ValueError: '$word' means threads inside a process; only list and raise take them"
    done
  done
  run -64 k3 send web/before </dev/null
  like "$output" "*'web/before' means threads inside a process; *"
  run -64 k3 list --failed 'web/*'
  is "$output" "k3thread: list: ValueError: --failed shows threads of the supervisor, not 'web/*' inside a process"
}

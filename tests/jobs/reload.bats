#!/usr/bin/env bats
# A worker that reads its configuration again when it is asked to, and cleans up when it is ended: README.md shows
# it in C and in Python, with the commands for it.

# shellcheck disable=SC2016,SC2154

load job

# session WORKER: runs README.md's commands, with WORKER in place of ./worker, and compares their output with README's.
session() {
  of_readme 'Exceptions that arrive' console >session
  sed -n 's/^\$ //p' session | sed "/^cc /d; s,\\./worker,$1," >commands
  grep -q -- "$1" commands
  bash commands >printed 2>&1
  grep -v '^\$ ' session | diff - printed
}

@test "a worker in C catches its own exception, goes on, and is ended by SystemExit with its cleanup" {
  of_readme 'Exceptions that arrive' c >worker.c
  # README.md has the compiler of an installed library.
  of_readme 'Exceptions that arrive' console | grep -xF \
    '$ cc -fexceptions -o worker worker.c $(pkg-config --cflags --libs k3thread)'
  "${CC:-cc}" ${SANITIZE:+-fsanitize="$SANITIZE"} -std=c11 -Wall -Wextra -Werror -fexceptions -I "$ROOT/lib/include" \
    -o worker worker.c -L "${BUILD:=$ROOT/build}" -Wl,-rpath,"$BUILD" -lk3thread
  session ./worker
}

@test "the same worker in Python does the same" {
  of_readme 'Exceptions that arrive' python >worker.py
  export PYTHONPATH=$ROOT/lib/python PYTHONDONTWRITEBYTECODE=1
  session 'python3 worker.py'
}

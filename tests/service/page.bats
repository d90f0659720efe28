#!/usr/bin/env bats
# The suite that README.md and k3thread(7) show: both show the same suite, and it runs.

# helpers.bash sets some names.
# shellcheck disable=SC2016,SC2154

load ../cli/helpers

# Prints the suite as a reader would copy it.
suite_of_readme() {
  sed -n '/^```bats$/,/^```$/p' "$ROOT/README.md" | sed '1d; $d'
}

suite_of_page() {
  sed -n '/^\.Sh IN BATS/,/^\.Sh SEE/p' "$ROOT/man/k3thread.7" | sed -n '/^\.Bd -literal/,/^\.Ed/p' |
    sed '1d; $d; s/^\\&//; s/\\-/-/g; s/\\(aq/'\''/g; s/\\e/\\/g'
}

# Makes the suite for this machine: the helper is beside the sources, and the port is a free one.
make_suite() {
  local port
  port=$("$PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  suite_of_readme | sed "s,/usr/local/share/k3thread/,$ROOT/tests/service/,; s/8080/$port/g" >suite.bats
  mkdir -p bin
  ln -sf "$K3THREAD" bin/k3thread
}

# The inner bats gets no setting of this suite, and not its descriptor 3.
run_suite() {
  log bats "$@"
  env -i PATH="$dir/bin:${PATH//"$BATS_LIBEXEC":/}" TMPDIR="$dir" \
    timeout -s KILL "$DEADLINE" bats --tap "$@" 3>&-
}

@test "the README and the manual page show the same suite" {
  suite_of_readme >expected
  [ "$(grep -c '^@test' expected)" = 3 ]
  suite_of_page | diff expected -
}

@test "the suite runs as it is shown, and leaves no process and no file" {
  make_suite
  run -0 run_suite suite.bats
  is "${lines[0]}" 1..3
  is "${lines[1]}" 'ok 1 the server answers'
  is "${lines[2]}" 'ok 2 its log is at hand'
  is "${lines[3]}" 'ok 3 the client leaves no process behind'
  is "$(ls -d k3thread.* 2>/dev/null)" ''
  refute_leaks
}

@test "two suites that run at the same time do not disturb each other" {
  make_suite
  mv suite.bats other.bats
  make_suite
  in_background other run_suite other.bats
  run_suite suite.bats
  finish other
}

@test "a service that does not come up fails the suite, which shows the output of the service" {
  make_suite
  sed -i 's/python3 -u -m http.server.*/sh -c "echo no such luck; exit 4"/' suite.bats
  run -1 run_suite suite.bats
  like "$output" '*no such luck*'
  is "$(ls -d k3thread.* 2>/dev/null)" ''
}

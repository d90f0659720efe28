#!/usr/bin/env bats
# A job of a CI system: several checks at a time, with a time limit, a report and the logs.

# shellcheck disable=SC2154

load job

write_project() {
  needs xmllint make python3 jq
  file_of_readme 'In CI' checks.k3 | file checks.k3
  file Makefile <<'END'
lint:
	@sh -n program.sh && echo 'no fault in the syntax'
unit:
	@python3 -m unittest -q
docs:
	@grep Usage program.sh
END
  file program.sh <<'END'
echo Hello # Usage: program
END
  file test_program.py <<'END'
import subprocess, unittest
class Test(unittest.TestCase):
    def test_greeting(self):
        self.assertEqual(subprocess.check_output(["sh", "program.sh"]), b"hello\n")
END
}

# xpath EXPRESSION: prints what it finds in the report.
xpath() {
  xmllint --xpath "$1" report.xml
}

@test "a job of a CI has one status, a JUnit report of all checks, and their logs" {
  write_project
  run -2 bash -c "$(command_of_readme 'In CI' 1)"
  like "$output" '*unit *exit 2*'
  xmllint --noout --schema "$ROOT/tests/script/junit.xsd" report.xml
  is "$(xpath 'string(//testsuite/@tests)') $(xpath 'string(//testsuite/@failures)')" '3 1'
  like "$(xpath 'string(//testcase[@name="unit"]/failure)')" '*FAIL: test_greeting*'
  grep 'no fault' logs/lint.log
  grep 'FAIL: test_greeting' logs/unit.log

  # The cause is mended, and what failed is run again.
  sed -i 's/Hello/hello/' program.sh
  run -0 bash -c "$(command_of_readme 'In CI' 2)"
  like "$output" '*: 1 ok, *unit *exit 0'
}

@test "a check that hangs does not hold the job up, and the report says so" {
  write_project
  sed -i 's/Hello/hello/' program.sh
  echo "start --name hangs -- sh -c 'echo waiting; sleep 1000 & sleep 1000'" >>checks.k3
  run -124 bash -c "$(command_of_readme 'In CI' 1 | sed 's/10m/3/')"
  is "$(xpath 'string(//testsuite/@failures)')" 1
  like "$(xpath 'string(//testcase[@name="hangs"]/failure/@message)')" '*TimeoutError*'
  like "$(xpath 'string(//testcase[@name="hangs"]/failure)')" 'waiting*'
  refute_leaks
}

@test "a check that leaves a server behind is found: the run names the server and its port" {
  needs redis-server redis-cli
  free_ports CACHE
  cat >leaky.k3 <<'END'
start --name clean -- true
start --name leaky -- sh -c 'redis-server --port $CACHE --daemonize yes --save "" --dir . && until redis-cli -p $CACHE ping; do sleep 0.05; done'
END
  run -1 k3thread run --leaks=fail --json result.json leaky.k3
  like "$output" "*'leaky' left process * ('redis-server \\*:$CACHE', listening on *:$CACHE*)*"
  is "$(jq -r '.threads[] | select(.failed).name' result.json)" leaky
  run ! redis-cli -p "$CACHE" ping

  run -0 k3thread run --leaks=warn leaky.k3
  like "$output" "*'leaky'*redis-server*"
}

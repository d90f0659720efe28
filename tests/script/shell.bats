#!/usr/bin/env bats
# k3thread shell: commands at a prompt, and from a pipe.

# shellcheck disable=SC2016,SC2028,SC2030,SC2031,SC2119,SC2120,SC2154,SC2238

load ../cli/helpers
load ../cli/terminals

setup() {
  begin_test
  export HOME=$dir TERM=xterm
  unset XDG_STATE_HOME
}

# --- from a pipe ---

@test "the shell says that its input cannot be read, and fails" {
  run -1 --separate-stderr k3 shell <.
  is "$stderr" 'k3thread: shell: cannot read commands: Is a directory'
}

@test "the shell takes commands from a pipe, and goes on after one that fails" {
  run -0 --separate-stderr k3 shell <<'END'
# a comment
start --name "my thread" -- echo 'a  b'
join 'my thread'
raise nobody
strat
start --foo
join
$(
logs "my thread"
END
  is "$output" $'1\na  b'
  is "${stderr_lines[0]}" "k3thread: raise: InvalidThreadIdError: no live thread 'nobody'"
  like "${stderr_lines[1]}" "k3thread: no command 'strat'*"
  like "${stderr_lines[2]}" "k3thread: start: unrecognized option '--foo'"
  like "$stderr" '*k3thread: join: no thread*'
  like "$stderr" '*no command substitution here*'
}

@test "help and version do not end the shell" {
  run -0 k3 shell <<<$'help start\nlist --help\nlist --version\nexceptions'
  like "$output" '*Usage: k3thread start*Usage: k3thread list*k3thread 0*BaseException*'
}

@test "the shell exits with the status of the last command" {
  run -3 k3 shell <<<$'start -- true\nraise nobody'
  run -0 k3 shell <<<$'raise nobody\nstart -- true'
  run -9 k3 shell <<<$'start --name a -- sh -c "exit 9"\njoin a'
  run -64 k3 shell <<<'"'
  run -0 k3 shell </dev/null
}

@test "exit and quit end the shell" {
  run -0 k3 shell <<<$'exit\nstrat'
  run -7 k3 shell <<<$'exit 7\nstrat'
  run -3 k3 shell <<<$'start -- true\nraise nobody\nquit\nstrat'
  run -44 k3 shell <<<'exit 300'
  for words in 'exit x' 'exit 1x' 'exit 1 2' 'exit ""'; do
    run -64 k3 shell <<<"$words"
    run -0 --separate-stderr k3 shell <<<"$words"$'\nversion'
    like "$output" 'k3thread 0*'
    is "$stderr" 'k3thread: exit: it takes at most one status, which is a number'
  done
}

@test "the shell uses one connection for all commands" {
  k3 start -- true
  { for _ in {1..200}; do echo list -q; done; } >script
  is "$(k3 shell <script | wc -l)" 200
}

@test "a variable of one start in a shell or a script is not set for the next start" {
  printf '%s\n' 'start --env WORD=other -n a -- sh -c "echo \$WORD"' 'join a' 'start -n b -- sh -c "echo \$WORD"' 'join b' \
    'logs a' 'logs b' >script
  is "$(WORD=kept k3 shell <script)" $'1\n2\nother\nkept'
  is "$(WORD=kept k3 run -q --no-prefix script)" $'other\nkept\nother\nkept'
}

@test "the shell expands variables" {
  is "$(NAME='a b' k3 shell <<<$'start --name t -- echo "$NAME"\njoin t\nlogs t')" $'1\na b'
}

@test "\$? is the status of the last command" {
  is "$(k3 shell <<<$'start -- sh -c "exit 9"\njoin 1\nstart --name t -- echo "<$?>" "<${?}>" a$?b\njoin t\nlogs t\nexit $?')" \
    $'1\n2\n<9> <9> a9b'
  run -7 k3 shell <<<$'start -n s -- sh -c "exit 7"\njoin s\nexit $?'
  run -64 --separate-stderr k3 shell <<<$'"\nexit $?'
  # A script ends with the first command that fails, and has no $?.
  echo 'start -- echo $?' >script
  run -64 --separate-stderr k3 run script
  like "$stderr" '*bad substitution: $[?]'
}

# --- at a terminal ---

# talk [OPTION…]: runs the expect script on standard input; `spawn k3thread OPTION… shell` is done, and `prompt` waits
# for a prompt.
talk() {
  {
    cat <<'END'
set timeout 30
log_user 1
proc prompt {} { expect -exact "k3thread> " }
proc wants {text} { expect -exact $text }
# Has the shell a child that SIGINT would end? It forks for a command, and ignores SIGINT itself.
proc interruptible_child {} {
    set test "child=\$(pgrep -P [exp_pid]) && grep -q '^SigIgn:.*\[014589cd]\$' /proc/\$child/status"
    expr {![catch { exec sh -c $test }]}
}
spawn -noecho $env(K3THREAD) {*}$argv shell
expect_after {
    timeout { puts "\n-- timeout"; exit 99 }
    eof { puts "\n-- end"; exit 98 }
}
prompt
END
    cat
    echo 'send "\004"; expect_after; expect eof {} timeout { exit 97 }; exit [lindex [wait] 3]'
  } >talk
  log expect "$@"
  expect talk "$@"
}

@test "the shell runs a command at the prompt, and ends by Ctrl-D" {
  talk <<'END'
send "start --name web -- sleep 1000\r"
expect -re {\n1\r}
prompt
send "list -q\r"
expect -re {\n1\r}
prompt
END
}

@test "the shell shows the status of a command that fails without a message" {
  run -9 talk <<'END'
send "start --name a -- sh -c 'exit 9'\r"
prompt
send "join a\r"
wants "k3thread: join: status 9"
prompt
send "exit \$?\r"
expect eof
exit [lindex [wait] 3]
END
}

@test "the shell draws its line again when the terminal has a new size, each time" {
  k3 start -- true
  run -0 talk <<'END'
send "list --json é"
wants "é"
foreach columns {17 60} {
    stty rows 20 columns $columns < $spawn_out(slave,name)
    wants "\033\[J"
    wants "k3thread> list"
    wants "é"
}
send "\1771\r"
wants {"runs": 1}
prompt
END
}

@test "the shell prints the error of a failing command, and shows the prompt again" {
  k3 start -- true
  run -3 talk <<'END'
send "raise nobody\r"
wants "InvalidThreadIdError"
prompt
END
  unlike "$output" '*: status 3*'
}

@test "the shell completes commands, options, live threads and exceptions" {
  k3 start --name web-server -- sleep 1000
  k3 start --name 'my thread' -- sleep 1000
  k3 start --name wed -- true
  k3 join wed
  talk <<'END'
send "rai\t"
wants "se "
send "we\t"
wants "b-server "
send "KeyboardI\t"
wants "nterrupt "
send "\r"
prompt
send "join --tim\t"
wants "eout "
send "10 my\t"
wants "'my thread' "
send "\003"
prompt
send "sh\t"
wants "shell"
wants "shutdown"
send "\003"
prompt
END
  run -130 k3 join --timeout "$LIMIT" web-server
  is "$(k3_field web-server exception)" KeyboardInterrupt
}

@test "the shell gives up the completion of threads of a host that does not answer, and goes on" {
  mkdir bin
  printf '#!/bin/sh\necho $$ >ssh.pid\nexec sleep 1000\n' >bin/ssh
  chmod +x bin/ssh
  PATH=$dir/bin:$PATH run -7 talk -H hangs <<'END'
send "join \t"
wants "\007"
if {![catch { exec sh -c "kill -0 \$(cat ssh.pid)" }]} { puts "\n-- ssh lives"; exit 96 }
send "\025exit 7\r"
expect eof
exit [lindex [wait] 3]
END
}

@test "Ctrl-C drops the line, also a line that is continued" {
  talk <<'END'
send "shutdown"
wants "shutdown"
send "\003"
prompt
send "shutdown \"\r"
wants "> "
send "x\003"
prompt
send "start --name a -- true\r"
prompt
END
  is "$(k3_field a name)" a
}

@test "the prompt does not appear before the shell handles Ctrl-C itself" {
  script <<'END'
import pty, subprocess, termios
master, slave = pty.openpty()
termios.tcflow(slave, termios.TCOOFF)  # the prompt cannot be written
shell = subprocess.Popen([os.environ['K3THREAD'], 'shell'], stdin=slave, stdout=slave, stderr=slave)
end = time.time() + TIMEOUT
while termios.tcgetattr(slave)[3] & termios.ISIG:
    assert time.time() < end
    time.sleep(0.01)
shell.kill()
shell.wait()
END
}

@test "Ctrl-C ends the command, and not the shell" {
  k3 start --name a -- sleep 1000
  run -130 talk <<'END'
send "join a\r"
expect "\n"
for {set i 0} {$i < 1500 && ![interruptible_child]} {incr i} { after 20 }
send "\003"
wants "^C\r\n"
prompt
send "exit \$?\r"
expect eof
exit [lindex [wait] 3]
END
  is "$(k3_field a state)" running
}

@test "the history is kept for the next shell, and only its owner can read it" {
  k3 start -- true
  talk <<<$'send "list --live\\r"\nprompt'
  is "$(stat -c %a .local/state/k3thread/history)" 600
  talk <<'END'
send "\020"
wants "list --live"
send "\r"
prompt
END
}

@test "the history of two shells at the same time is kept whole" {
  k3 start -- true
  cat >talk <<'END'
set timeout 30
expect_after timeout { exit 99 }
for {set i 0} {$i < 2} {incr i} {
  spawn -noecho $env(K3THREAD) shell
  set shell($i) $spawn_id
  expect -i $shell($i) "k3thread> "
}
for {set line 0} {$line < 3} {incr line} {
  for {set i 0} {$i < 2} {incr i} {
    send -i $shell($i) "help line-$line-of-$i\r"
    expect -i $shell($i) "no command"
    expect -i $shell($i) "k3thread> "
  }
}
for {set i 0} {$i < 2} {incr i} {
  send -i $shell($i) "\004"
  expect -i $shell($i) eof
}
END
  expect talk
  is "$(grep -o 'line-.-of-.' .local/state/k3thread/history)" \
    "$(printf 'line-%s\n' 0-of-0 0-of-1 1-of-0 1-of-1 2-of-0 2-of-1)"
}

@test "XDG_STATE_HOME sets the directory of the history" {
  k3 start -- true
  XDG_STATE_HOME=$dir/state talk <<<$'send "list\\r"\nprompt'
  grep -q list state/k3thread/history
}

@test "the shell works when its history cannot be kept" {
  HOME=/dev/null talk <<<$'send "version\\r"\nwants "k3thread 0"\nprompt'
}

@test "the shell edits characters of several bytes as single characters" {
  talk <<'END'
send "start --name é\177a -- true\r"
prompt
END
  is "$(k3_field 1 name)" a
}

@test "the shell drops bytes that are no character" {
  talk <<'END'
fconfigure $spawn_id -encoding binary
send "start --name a\377b\303\251 -- true\r"
prompt
END
  is "$(k3_field 1 name)" abé
}

@test "Ctrl-Z stops the shell, and fg shows its prompt again" {
  begin_terminals
  sit user
  type_at user 'k3 shell' Enter
  see user 'k3thread>'
  type_at user C-z
  see user Stopped
  type_at user 'clear; fg' Enter
  see user 'k3thread>'
  type_at user version Enter
  see user 'k3thread 0'
  end_tmux
}

#!/usr/bin/env bats
# What the shells complete: each shell is asked the way that it asks itself.

# shellcheck disable=SC2016,SC2028,SC2030,SC2031,SC2154,SC2238

load ../cli/helpers

# The test does not depend on the shells that are installed.
needs() {
  command -v "$1" >/dev/null || skip "no $1 here"
}

# completed WORD…: prints what bash makes of these words, cut as bash cuts them; the last one is completed.
completed() {
  "$K3THREAD" completion bash >completion.bash
  bash --norc -c '
    source ./completion.bash
    COMP_LINE=$1 && COMP_POINT=${#1} && shift
    COMP_WORDS=("$@") && COMP_CWORD=$(($# - 1))
    _k3thread && printf "%s\n" "${COMPREPLY[@]}"
  ' bash "$@"
}

# completes LINE WORD…: LINE is the command line of k3thread, and the words are what bash cut it into.
completes() {
  local line=$1
  shift
  completed "$K3THREAD $line" "$K3THREAD" "$@"
}

# answer WORD…: prints the answer that a shell gets for these words, of which the last is completed: a line for the kind of
# the words, then each word with its meaning.
answer() {
  "$K3THREAD" completion --at -- "$@"
}

kind() {
  answer "$@" >answered
  head -n 1 answered
}

@test "the first word is completed with the commands of the table" {
  is "$(completes '' '' | sort)" "$(k3 help --commands | sed -n 's/^command\t\([^\t]*\)\t.*/\1/p' | sort)"
  { echo words && k3 help --commands | sed -n 's/^command\t\([^\t]*\)\t[^\t]*/\1/p'; } >wanted
  answer '' | diff wanted -
  is "$(completes 'ra' ra)" raise
}

@test "an option is completed with the options of its command" {
  for command in start run raise supervise; do
    is "$(completes "$command --" "$command" -- | sort)" \
      "$(k3 help --commands | sed -n "s/^option\t$command\t[^\t]*\t\(--[^\t]*\)\t.*/\1/p" | sort)"
  done
  is "$(completes 'join --ti' join --ti)" --timeout
  { echo words && k3 help --commands | sed -n 's/^option\tjoin\t[^\t]*\t\(--[^\t]*\)\t[^\t]*/\1/p'; } >wanted
  answer join --ti | diff wanted -
}

@test "a topic of help is completed with the commands and the manual pages" {
  completes 'help ' help '' | sort >topics
  k3 help --commands | sed -n 's/^command\t\([^\t]*\)\t.*/\1/p' >commands
  { cat commands && k3 help | sed -n '/^Manual pages/,/^$/s/^  \([a-z]*\) .*/\1/p'; } | sort | diff - topics
  is "$(completes 'help scr' help scr)" script
  k3 help --commands | sed -n 's/^command\t\([^\t]*\)\t[^\t]*/\1/p' >commands
  k3 help | sed -n '/^Manual pages/,/^$/s/^  \([a-z]*\) \+/\1\t/p' >pages
  { echo words && cat commands pages; } >wanted
  answer help '' | diff wanted -
}

@test "the kind of a word follows from the command and the words before it" {
  is "$(kind nosuch '')" nothing
  is "$(kind -S '')" files
  is "$(kind start l)" programs
  is "$(kind start --wait --name web l)" programs
  is "$(kind start ls --na)" files # --na is a word of ls
  is "$(kind start --call=./jobs.so:resize '')" files
  is "$(kind run --procfile Procfile '')" nothing
  is "$(kind raise web TimeoutError '')" nothing
  is "$(kind send - '')" nothing # "-" is the thread
  is "$(kind start --nosuch=x)" nothing
  is "$(kind start --=)" nothing
  is "$(answer daemon --ready=un)" "$(printf '%s\t\n' words --ready={tcp:,unix:,http://,line:,cmd:,notify} | sed '1s/\t//')"
}

@test "a thread is completed with the threads that the command can use: raise gets the live ones" {
  k3 start --name web -- sleep 1000
  k3 start --name 'my web' -- sleep 1000
  k3 start --name a:b -- sleep 1000
  for _ in 1 2; do
    k3 start --name gone -- true
    k3 join gone
  done
  is "$(completes 'raise ' raise '')" $'web\nmy\\ web\na:b'
  is "$(completes 'raise w' raise w)" web
  is "$(completes 'logs -n 3 w' logs -n 3 w)" web
  is "$(completes 'logs -fn 3 w' logs -fn 3 w)" web
  is "$(completes 'logs -n3 w' logs -n3 w)" web
  is "$(completes 'logs --lines=3 w' logs --lines = 3 w)" web
  is "$(completes 'raise --wait w' raise --wait w)" web # its argument follows "="
  is "$(completes 'raise -- w' raise -- w)" web
  is "$(completes 'raise -- -' raise -- -)" ''
  is "$(completes 'raise a:' raise a :)" ':b'
  # Each name appears once, though two threads had it.
  for command in join logs list; do
    is "$(completes "$command g" "$command" g)" gone
  done
  is "$(completes 'join gone ' join gone '' | wc -l)" 4
  is "$(completes 'start --needs ' start --needs '')" $'web\nmy\\ web\na:b\ngone' # --needs gone:succeeded
}

@test "send, attach and clear are offered the threads that they can use" {
  k3 start --name plain -- sleep 1000
  k3 start --name open --input -- sleep 1000
  k3 start --name screen --tty -- sleep 1000
  k3 start --name gone --tty -- true
  k3 join gone
  k3 start --name plain2 -- true
  k3 join plain2
  is "$(completes 'send ' send '')" $'open\nscreen'
  is "$(completes 'send open o' send open o)" ''
  is "$(completes 'attach ' attach '')" screen
  is "$(completes 'clear ' clear '')" $'gone\nplain2'
  k3 start --name gone -- sleep 1000 # the name means this thread now
  is "$(completes 'clear ' clear '')" plain2
  is "$(completes 'attach ' attach '')" screen
  k3 send --eof open
  is "$(completes 'send ' send '')" screen
}

@test "the argument of -L is completed with the supervisors that exist" {
  unset K3THREAD_SOCKET
  export K3THREAD_TMPDIR=$dir XDG_RUNTIME_DIR=$dir
  is "$(completes '-L ' -L '')" ''
  k3 -L o start -- sleep 1000
  k3 -L other start --name theirs -- sleep 1000
  touch "$(dirname "$(k3 -L o version | sed -n 's/.* at //p')")/.sock"
  is "$(completes '-L ' -L '' | sort)" $'o\nother'
  is "$(completes '-L ot' -L ot)" other
  is "$(completes '-L other raise ' -L other raise '')" theirs
  is "$(completes '-Lother raise ' -Lother raise '')" theirs
  k3 -L o shutdown --now
  k3 -L other shutdown --now
}

@test "threads are completed from the supervisor that the line names" {
  k3 -S "$dir/o.sock" start --name other -- sleep 1000
  is "$(completes "-S $dir/o.sock join " -S "$dir/o.sock" join '')" other
  k3 -S "$dir/o.sock" shutdown --now
}

@test "completion offers no thread without a supervisor, and starts none" {
  is "$(completes 'raise ' raise '')" ''
  [ ! -e k.sock ]
}

@test "an exception is completed with the exceptions that raise knows" {
  completes 'raise web ' raise web '' | sort >offered
  k3 exceptions | tr -d ' ' >names
  { cat names && sed -n 's/^SIG\([A-Z]\)/\1/p' names; } | sort | diff - offered
  grep -qx HUP offered
  is "$(completes 'raise web USR' raise web USR)" $'USR1\nUSR2'
  is "$(completes 'raise --all Keyb' raise --all Keyb)" KeyboardInterrupt
}

@test "the argument of an option is completed with its values, files or directories" {
  mkdir directory
  touch file
  is "$(completes 'start --directory d' start --directory d)" directory
  is "$(completes 'start --directory=d' start --directory = d)" directory
  is "$(completes 'start --name ' start --name '')" ''
  is "$(completes 'start --stop-signal ' start --stop-signal '')" "$(k3 exceptions | sed -n 's/^ *SIG/SIG/p')"
  is "$(completes 'start --stop-signal SIGV' start --stop-signal SIGV)" SIGVTALRM
  is "$(completes 'completion ' completion '')" $'bash\nzsh\nfish'
  is "$(completes 'start --restart ' start --restart '')" $'never\non-failure\nalways'
  is "$(completes 'slots ' slots '')" none
  is "$(completes 'run --leaks ' run --leaks '')" $'warn\nfail'
  is "$(completes 'start --restart=on' start --restart = on)" on-failure
  is "$(completes 'start -r al' start -r al)" always
  is "$(completes 'daemon --ready ' daemon --ready '')" $'tcp:\nunix:\nhttp://\nline:\ncmd:\nnotify'
  is "$(completes 'join --until ' join --until '')" $'tcp:\nunix:\nhttp://\nline:\ncmd:'
  is "$(completes 'daemon --ready=un' daemon --ready = un)" unix:
  is "$(completes 'start -- unsha' start -- unsha | sort -u)" unshare
}

@test "bash finds the completion by itself" {
  needs expect
  mkdir bin
  ln -s "$K3THREAD" bin/k3thread
  cat >talk <<'END'
set timeout 30
spawn -noecho env PS1=%% PATH=bin:$env(PATH) bash --norc --noprofile
expect_after timeout { exit 99 }
expect "%"
send "source <(k3thread completion bash)\r"
expect "%"
send "k3thread exce\t"
expect "ptions "
send "\r"
expect "KeyboardInterrupt"
send "k3thread start --ready un\tx"
expect "unix:x"
send "\025k3thread raise web USR\t\t"
expect -re "USR1 .*USR2"
send "\025exit\r"
expect eof
END
  expect talk
}

@test "zsh completes commands, threads, signals and arguments" {
  needs zsh
  needs expect
  k3 start --name web -- sleep 1000
  mkdir bin
  ln -s "$K3THREAD" bin/k3thread
  k3 completion zsh >bin/_k3thread
  cat >talk <<'END'
set timeout 30
spawn -noecho env PATH=bin:$env(PATH) TERM=dumb zsh -f
expect_after timeout { exit 99 }
send "PS1='%%' fpath=(bin \$fpath); autoload -U compinit; compinit -u -d bin/dump; echo set\r"
expect "\nset"
send "k3thread rai\t"
expect "raise "
send "w\t"
expect "web "
send "US\t"
expect "USR"
send "\025k3thread start --restart on\t"
expect "on-failure "
send "\025k3thread start --ready un\tx\t"
expect "unix:x"
send "\025exit\r"
expect eof
END
  expect talk
}

@test "fish completes threads, signals and arguments" {
  needs fish
  k3 start --name web -- sleep 1000
  mkdir bin
  ln -s "$K3THREAD" bin/k3thread
  k3 completion fish >k3thread.fish
  is "$(PATH=$dir/bin:$PATH HOME=$dir fish -c 'source k3thread.fish; complete -C "k3thread raise w"')" web
  is "$(PATH=$dir/bin:$PATH HOME=$dir fish -c 'source k3thread.fish; complete -C "k3thread raise web USR"')" $'USR1\nUSR2'
  like "$(PATH=$dir/bin:$PATH HOME=$dir fish -c 'source k3thread.fish; complete -C "k3thread start --restart on"')" on-failure
  is "$(PATH=$dir/bin:$PATH HOME=$dir fish -c 'source k3thread.fish; complete -C "k3thread start --ready=un"')" --ready=unix:
}

@test "completion refuses an unknown shell" {
  run -64 k3 completion tcsh
  like "$output" "k3thread: completion: ValueError: no completion for 'tcsh'*"
  run -64 k3 completion
  run -64 k3 completion bash zsh
  run -64 k3 completion --at
  like "$output" 'k3thread: completion: --at needs the words of a command line*'
}

@test "completion prints the same as make install installs" {
  for shell in bash zsh fish; do
    k3 completion $shell | cmp - "$ROOT/etc/completion/k3thread.$shell"
  done
}

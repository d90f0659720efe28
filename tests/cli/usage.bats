#!/usr/bin/env bats
# The words of the command line: help, usage, mistakes, and output that cannot be written.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154

load helpers

# The commands of the table, and "COMMAND LONG-OPTION" for each option.
commands() {
  k3 help --commands | awk -F'\t' '$1 == "command" { print $2 }'
}

# --- help ---

@test "help lists every command of the table, with its summary" {
  k3 help >overview
  k3 help --commands | awk -F'\t' '$1 == "command" { print $2 "\t" $4 }' |
    while IFS=$'\t' read -r name summary; do
      grep -E "^ +$name +" overview | grep -qF "$summary" || { echo "not in help: $name" && exit 1; }
    done
  is "$(grep -B 1 -E '^[TLHM].*:$' overview | tr '\n' /)" "$(printf '/%s/--' '/Threads:' '/Looking and acting:' \
    '/The supervisor:' '/Help:' | cut -c2-)//Manual pages (k3thread help PAGE):/"
  is "$(sed -n '/^Threads:/,/^$/p' overview | cut -c1-14 | xargs)" 'Threads: start daemon run shell'
}

@test "help --commands has a line for each command and option, of columns that are never empty" {
  like "$(k3 help --commands)" $'option\t-\t-L\t-\tNAME\tUse the *'
  is "$(k3 help --commands | grep -E $'^(command\t(list|top)|option\traise)\t')" "$(printf '%s\t%s\t%s\t%s\n' \
    command list ls 'Show the threads')
$(printf 'option\traise\t%s\t%s\t%s\t%s\n' -m --message MESSAGE 'What the exception says' \
    -w --wait '[SECONDS]' 'Return when the threads have ended' - --all - 'Raise it in every live thread' \
    -h --help - 'Show this help' - --usage - 'Show a short usage' -V --version - 'Show the version')
$(printf 'command\ttop\t-\tShow the threads live, full screen')"
  run -1 grep -e --at -e --listen-fd <(k3 help --commands)
}

@test "the table lists every command of the contract" {
  for name in start daemon list raise restart join logs clear exceptions shutdown supervise help; do
    commands | grep -qx $name || { echo "not in the table: $name" && false; }
  done
}

@test "help COMMAND and COMMAND --help print the same, on standard output" {
  for name in $(commands) ls; do
    run -0 --separate-stderr k3 help "$name"
    is "$stderr" ''
    help=$output
    like "$help" "Usage: k3thread ${name/#ls/list}*"
    for option in --help -h '-?'; do
      run -0 --separate-stderr k3 "$name" "$option"
      is "$output" "$help"
      is "$stderr" ''
    done
  done
}

# To write that file anew, run the lines in braces.
@test "the help and the usage of the program and of every command are the text of help.txt, in its order" {
  {
    k3 --help
    k3 --usage
    for name in $(commands); do
      k3 "$name" --help
      k3 "$name" --usage
    done
  } >help
  diff -u "$BATS_TEST_DIRNAME/help.txt" help
}

@test "a command's help shows each of its options" {
  is "$(k3 help --commands | awk -F'\t' '$1 == "option" && ($3 == "" || $4 == "")')" ''
  k3 help --commands | awk -F'\t' '$1 == "option" && $2 != "-" { print $2, $3, $4 }' >options
  while read -r name short long; do
    [ "$name" = "${of-}" ] || help=$(k3 help "$name")
    of=$name
    like "$help" "*$long*" || { echo "$name: no $long" && false; }
    [ "$short" = - ] || like "$help" "*$short*" || { echo "$name: no $short" && false; }
  done <options
}

@test "help, --help, --usage and --version work everywhere, and need no supervisor" {
  run -0 k3 --help
  help=$output
  is "$(k3 help)" "$help"
  is "$(k3 -h)" "$help"
  like "$(k3 --usage)" 'Usage: k3thread *'
  is "$(k3 --version)" 'k3thread 0.1.0'
  is "$(k3 -V)" 'k3thread 0.1.0'
  for name in $(commands); do
    like "$(k3 "$name" --usage)" "Usage: k3thread $name*"
    is "$(k3 "$name" --version)" 'k3thread 0.1.0'
  done
  [ ! -e "$K3THREAD_SOCKET" ]
}

@test "--help takes precedence over other mistakes, and starts nothing" {
  run -0 k3 start --help -- true
  run -0 k3 join --help
  [ ! -e "$K3THREAD_SOCKET" ]
}

@test "exceptions shows the tree of exceptions, and --json shows the same" {
  k3 exceptions >tree
  is "$(head -n 1 tree)" BaseException
  grep -qx '  SystemExit' tree
  grep -qx '  KeyboardInterrupt' tree
  grep -qx '  Signal' tree
  grep -qx '    SIGHUP' tree
  grep -qx '    RuntimeError' tree
  k3 exceptions --json >json
  script <<'EOF'
types = {t["name"]: t["base"] for t in json.load(open("json"))}
def depth(name):
    return 0 if types[name] is None else 1 + depth(types[name])
lines = open("tree").read().splitlines()
assert sorted(lines) == sorted("  " * depth(name) + name for name in types)
assert all(depth(name) == 0 or types[name] in types for name in types)
above = []
for line in lines:  # each stands below its base
    above[(len(line) - len(line.lstrip())) // 2:] = [line.strip()]
    assert types[above[-1]] == (above[-2] if len(above) > 1 else None), line
import signal
for t in json.load(open("json")):
    number = getattr(signal, t["name"]) if t["name"].startswith("SIG") else None
    assert t["signal"] == number, t
EOF
  [ ! -e "$K3THREAD_SOCKET" ]
}

# --- mistakes ---

@test "a command line without a command is a usage error that shows the overview" {
  k3 help >overview
  for words in '' '-L other'; do
    # shellcheck disable=SC2086 # no word, or two
    run -64 --separate-stderr k3 $words
    is "$output" ''
    is "$stderr" "$(cat overview)"
  done
}

@test "the error for a word of another tool names the command of k3thread" {
  for pair in stop=raise kill=raise ps=list status=list wait=join rm=clear exec=start; do
    run -64 --separate-stderr k3 "${pair%=*}" web
    is "$stderr" "k3thread: no command '${pair%=*}'; use '${pair#*=}'"
    run -64 --separate-stderr k3 help "${pair%=*}"
    is "$stderr" "k3thread: no command '${pair%=*}'; use '${pair#*=}'"
  done
  for pair in "jobs='list'" "fg='join', or 'start --wait'" "add='start'" \
    "queue='start'" "up='start'" "bg='start'" "down='shutdown'" "tail='logs -f'" \
    "export='start --env NAME=VALUE'" \
    "cd='start --directory DIR'"; do
    run -64 --separate-stderr k3 "${pair%%=*}" web
    is "$stderr" "k3thread: no command '${pair%%=*}'; use ${pair#*=}"
  done
}

@test "the errors for a variable before a command and for an entry of a Procfile name the options" {
  for word in X=1 log= start=; do
    run -64 --separate-stderr k3 "$word" start -- true
    is "$stderr" "k3thread: no command '$word'; a variable of one command is set by 'start --env NAME=VALUE'"
  done
  echo 'start: sleep 1' >Procfile
  run -64 --separate-stderr k3 run Procfile
  is "$stderr" "Procfile:1: k3thread: no command 'start:'; a Procfile is run by 'run --procfile FILE'"
  mkdir app
  echo 'web: cd web && exec ./server' >app/Procfile.dev
  run -64 --separate-stderr k3 run app/Procfile.dev
  like "$stderr" "app/Procfile.dev:1: k3thread: *; a Procfile is run by 'run --procfile FILE'"
}

@test "the error for an unknown command suggests the nearest one" {
  for pair in strat=start jion=join shutdwon=shutdown lst=list raize=raise exeptions=exceptions; do
    run -64 --separate-stderr k3 "${pair%=*}"
    is "$stderr" "k3thread: no command '${pair%=*}'; did you mean '${pair#*=}'?"
  done
  run -64 --separate-stderr k3 help strat
  like "$stderr" "*did you mean 'start'*"
  run -64 --separate-stderr k3 xyzzy
  like "$stderr" "k3thread: no command 'xyzzy'; *help*"
}

@test "an unknown option is a usage error that names the command and the option" {
  run -64 --separate-stderr k3 --no-such list
  like "$stderr" 'k3thread: *no-such*'
  for name in $(commands); do
    run -64 --separate-stderr k3 "$name" --no-such-option
    like "$stderr" "k3thread: $name: *--no-such-option*"
    run -64 --separate-stderr k3 "$name" -%
    like "$stderr" "k3thread: $name: *%*"
  done
  [ ! -e "$K3THREAD_SOCKET" ]
}

@test "--group, which does not exist, is answered with patterns" {
  for words in 'list --group=web' 'start --group web -- true' '--group web list'; do
    # shellcheck disable=SC2086  # a list of words
    run -64 --separate-stderr k3 $words
    like "${stderr_lines[0]}" "k3thread: *unrecognized option '--group*'; give the threads of a group names *'web-\*' means them all"
  done
  run -64 --separate-stderr k3 list --grouped
  like "${stderr_lines[0]}" "k3thread: list: unrecognized option '--grouped'"
  is "${stderr_lines[1]}" "Try 'k3thread list --help' for more."
  run -64 --separate-stderr k3 --grouped list
  is "${stderr_lines[1]}" "Try 'k3thread --help' for more."
}

@test "an option without its argument is a usage error" {
  run -64 k3 -S
  run -64 k3 start --name
  run -64 k3 join -t
  run -64 k3 logs x -n
}

@test "a superfluous word is a usage error" {
  for words in 'exceptions x' 'version x' 'shutdown x' 'supervise x' 'help start x' 'logs a b'; do
    # shellcheck disable=SC2086
    run -64 k3 $words
    like "$output" "k3thread: ${words%% *}: unexpected argument '${words##* }'*"
  done
  run -64 k3 agent x
  like "$output" 'k3thread: agent: agent takes no arguments*'
  run -64 k3 agent --directory=here
  like "$output" 'k3thread: agent: --directory wants an absolute path*'
  for words in logs attach send raise join restart; do
    run -64 k3 $words
    like "$output" "k3thread: $words: no thread*"
  done
}

@test "messages are one line, and go to standard error" {
  k3 start -n a -- sleep 1000
  run -3 --separate-stderr k3 raise nobody
  is "$output" ''
  is "${#stderr_lines[@]}" 1
  run -3 --separate-stderr k3 join $'no\nbody\e[31m'
  is "${#stderr_lines[@]}" 1
  unlike "$stderr" "*"$'\e'"*"
}

@test "an unknown option is shown escaped" {
  for words in '' start; do
    # shellcheck disable=SC2086 # no word, or one
    run -64 --separate-stderr k3 $words $'--\e[31m\nx=\xd8\x9c'
    like "$stderr" "k3thread: *unrecognized option '--\\\\x1b\\[31m\\\\nx=\\\\xd8\\\\x9c'"$'\n'"Try 'k3thread*"
    # shellcheck disable=SC2086
    run -64 --separate-stderr k3 $words $'-\e'
    like "$stderr" "k3thread: *invalid option -- '\\\\x1b'"$'\n'"Try 'k3thread*"
  done
}

@test "an abbreviated long option works, and an ambiguous one is refused" {
  k3 start --dir / --na x -- true
  run -64 k3 start --d / -- true
}

# --- output ---

@test "a command reports output that cannot be written" {
  k3 start -n a -- sh -c 'echo printed; exec sleep 1000'
  wait_for_file "$(k3_field a log)"
  for words in list 'list --json' 'list -q' 'logs a' exceptions version help 'help start' \
    'help --commands' --help --version 'list --help' 'start -- true'; do
    # shellcheck disable=SC2086
    to_full() { k3 $words >/dev/full; }
    run ! to_full
    like "$output" 'k3thread: *No space left on device*'
  done
}

@test "a command reports standard output that is closed" {
  k3 start -n a -- sleep 1000
  to_closed() { k3 list >&-; }
  run ! to_closed
  like "$output" 'k3thread: list: *'
  # The socket never gets the number of a closed descriptor.
  all_closed() { k3 list <&- >&- 2>&-; }
  run ! all_closed
  is "$(k3_field a state)" running
}

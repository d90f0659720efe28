#!/usr/bin/env bats
# --env-file of start and run: files of variables. What a line may be is also tested by the .env of a Procfile
# (tests/script/procfile.bats): both have one reader.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154

load helpers

# shows NAME…: a command that prints the variables in brackets.
shows='for name; do eval "[ -z \${$name+x} ] || printf \"[%s]\\n\" \"\$$name\""; done'

@test "start --env-file sets the variables of the file, bare or quoted, and expands nothing" {
  printf '\xef\xbb\xbf# comment\r\nA=bare $HOME `x` # part\r\n\r\nexport B='"'"'single "$A" \\n'"'"' # comment\r\n' >file
  printf '  C="double \\"$A\\" \\\\ x\\ny"\n\t# D=1\nexport=E\nF=\nG="" \n H = h h \nI.J-K=l\nL=last' >>file
  export F=ours
  run -0 k3 start --wait --env-file file -- sh -c "$shows" sh A B C D export F G H L HOME
  is "$output" "[bare \$HOME \`x\` # part]
[single \"\$A\" \\n]
[double \"\$A\" \\ x
y]
[E]
[]
[]
[h h]
[last]
[$HOME]"
  k3 start --wait --env-file file -- env | grep -x 'I.J-K=l'
}

@test "the last of several files and lines counts, and --env counts before all files" {
  printf 'A=1\nB=1\nC=1\nA=2\n' >one
  printf 'B=2\n' >two
  run -0 k3 start --wait --env C=own --env-file one --env-file=two -- sh -c "$shows" sh A B C
  is "$output" $'[2]\n[2]\n[own]'
  run -0 k3 daemon --wait --env-file two --env-file one --env-file /dev/null -- sh -c "$shows" sh A B C
  is "$output" $'[2]\n[1]\n[1]'
  is "$(k3 start --wait --env-file one -- env | grep -c '^A=')" 1
  run -0 k3 start --wait --env C=own --env-file two -- sh -c "$shows" sh A B C
  is "$output" $'[2]\n[own]'
}

@test "a file of variables does not change the variables that name the thread and its supervisor" {
  printf 'K3THREAD_NAME=x\nK3THREAD_ID=x\nK3THREAD_SOCKET=/x\nA=a\n' >file
  run -0 k3 start --wait -n a --env-file file -- sh -c "$shows" sh K3THREAD_NAME K3THREAD_ID K3THREAD_SOCKET A
  is "$output" $'[a]\n[1]\n'"[$K3THREAD_SOCKET]"$'\n[a]'
  echo 'start --wait -n a -- env' >script
  run -0 k3 run -q --no-prefix --env-file file script
  like "$output" "*K3THREAD_NAME=a*"
  unlike "$output" "*=/x*"
}

@test "a wrong line is a ValueError that names the file and the line, and nothing is started" {
  for line in 'no variable' '=x' '1A=x' 'A="x' "A='x' y" 'A' 'export A' 'export' $'\x01=x' 'A B=c'; do
    printf 'A=1\n\n%s\nB=2\n' "$line" >file
    run -64 --separate-stderr k3 start --env-file file -- touch ran
    like "$stderr" 'k3thread: start: ValueError: --env-file: file:3: *'
    run -64 --separate-stderr k3 run --env-file file script
    like "$stderr" 'k3thread: run: ValueError: --env-file: file:3: *'
  done
  printf 'A=1\0B=2\n' >file
  run -64 k3 start --env-file file -- touch ran
  like "$output" '*file:1: the line holds a NUL byte'
  echo 'start --env-file file -- touch ran' >script
  run -64 k3 run script
  like "$output" 'script:1: k3thread: start: ValueError: --env-file: file:1: *'
  [ ! -e ran ]
  [ ! -e "$K3THREAD_SOCKET" ]
}

@test "a file that cannot be read is a ValueError that names it" {
  for command in 'start --env-file' 'run --env-file'; do
    # shellcheck disable=SC2086
    {
      run -64 --separate-stderr k3 $command nothing true
      is "$stderr" "k3thread: ${command%% *}: ValueError: --env-file: nothing: No such file or directory"
      run -64 --separate-stderr k3 $command . true
      is "$stderr" "k3thread: ${command%% *}: ValueError: --env-file: .: Is a directory"
      run -64 --separate-stderr k3 $command '' true
      run -64 k3 $command
    }
  done
}

@test "a line of 4 MiB with its newline is the longest" {
  { printf '#' && head -c 4194302 /dev/zero | tr '\0' x && printf '\nA=1\n'; } >file
  is "$(k3 start --wait --env-file file -- sh -c 'echo $A')" 1
  sed -i s/#/#x/ file
  run -64 k3 start --env-file file -- true
  like "$output" '*: file: a line is too long'
}

@test "a file without an end is refused" {
  run -64 k3 start --env-file /dev/zero -- true
  is "$output" 'k3thread: start: ValueError: --env-file: /dev/zero: a line is too long'
  run -64 k3 start --env-file <(yes "A=$(printf '%01000d' 1)") -- true
  like "$output" '*: there are more variables than a command can take'
}

@test "a file of many variables is read fast" {
  seq -f 'V%.0f=x' 50000 >file
  SECONDS=0
  run -0 k3 start --wait --env-file file --env-file file --env V7=y -- env
  [ "$SECONDS" -lt 20 ]
  is "$(grep -c '^V.*=x$' <<<"$output")" 49999
  is "$(grep '^V7=' <<<"$output")" V7=y
}

@test "run --env-file is for the lines of a script and for its threads" {
  printf 'A=one\nNAME=web\n' >file
  echo 'start --name $NAME -- sh -c "echo \$A \$B" $A' >script
  run -0 k3 run -q --env-file file script
  is "$output" 'web | one'
  run -0 k3 run -q --env-file <(echo B=two) --env-file file script
  is "$output" 'web | one two'
  run -0 k3 run -q --no-prefix --env-file file --each sh -c 'echo $A' <<<word
  is "$output" one
}

@test "run --retry reads a script with the variables of the file" {
  echo NAME=web >file
  printf '%s\n' 'start --name $NAME -- [ -e mended ]' 'start --name b -- touch b.ran' >script
  run -1 k3 run -q --env-file file --json results script
  rm b.ran
  touch mended
  run -0 k3 run -q --env-file file --retry results script
  [ ! -e b.ran ]
}

@test "run --env-file replaces the .env beside a Procfile" {
  printf 'A=dot\nB=dot\nPORT=3000\n' >.env
  printf 'A=given\nPORT=4000\n' >given
  echo 'one: echo $A $B $PORT' >Procfile
  run -0 --separate-stderr k3 run -q --no-prefix --procfile Procfile
  is "$output" 'dot dot 3000'
  run -0 --separate-stderr k3 run -q --no-prefix --env-file given --procfile Procfile
  is "$output" 'given 4000'
  run -0 --separate-stderr k3 run -q --no-prefix --env-file given --env-file .env --procfile Procfile
  is "$output" 'dot dot 3000'
  PORT=5555 run -0 --separate-stderr k3 run -q --no-prefix --env-file /dev/null --procfile Procfile
  is "$output" 5555
  # It is not even read.
  echo wrong >.env
  run -0 --separate-stderr k3 run -q --no-prefix --env-file given --procfile Procfile
}

@test "an environment of one start is not used for the next start" {
  echo A=one >file
  printf '%s\n' 'start -n a --env-file file -- sh -c "echo a \$A"' 'start -n b -- sh -c "echo b \$A"' \
    'start -n c --env A=two -- sh -c "echo c \$A"' 'start -n d -- sh -c "echo d \$A"' >script
  A=ours run -0 k3 run -q --no-prefix script
  is "$(sort <<<"$output")" $'a one\nb ours\nc two\nd ours'
}

#!/usr/bin/env bats
# Procfiles: run --procfile.

# shellcheck disable=SC2016,SC2028,SC2030,SC2031,SC2154,SC2238

load runs

@test "the first entry of a Procfile that ends ends all entries" {
  printf '# services\n\nweb: echo $FOO; sleep 1000\nworker : sh -c "exit 3"\n' >Procfile
  FOO=bar run -3 k3 run --procfile Procfile
  like "$output" '*web *no *SystemExit, SIGTERM*'
  like "$output" '*worker *no *exit 3*'
}

@test "the shell runs the commands of a Procfile in the Procfile's directory" {
  mkdir app
  echo 'one: pwd && test "a b" = "a b" && echo $((1 + 1)) | cat' >app/Procfile
  is "$(k3 run --procfile app/Procfile 2>/dev/null)" "one | $dir/app"$'\none | 2'
}

@test "each entry of a Procfile gets a PORT" {
  for name in one two three; do echo "$name: echo \"[\$PORT]\" >>ports; until [ \"\$(wc -l <ports)\" -ge \"\$COUNT\" ]; do sleep 0.02; done"; done >Procfile
  ports() {
    rm -f ports
    k3 run -q "$@" 2>messages
    sort ports | paste -sd' '
  }
  unset PORT
  export COUNT=3
  is "$(ports --procfile Procfile)" '[5000] [5100] [5200]'
  is "$(COUNT=2 ports --procfile Procfile two three)" '[5100] [5200]'
  is "$(PORT=80 ports --procfile Procfile)" '[180] [280] [80]'
  is "$(PORT=80 ports --procfile Procfile --port 90)" '[190] [290] [90]'
  echo PORT=3000 >.env
  is "$(PORT=80 ports --procfile Procfile)" '[3000] [3100] [3200]'
  run -64 k3 run --procfile Procfile --port 65400
  is "$output" "k3thread: run: ValueError: there is no port for 'three' if the first entry's is 65400"
  echo PORT=x >.env
  run -64 k3 run --procfile Procfile
  is "$output" "k3thread: run: ValueError: the variable PORT is 'x', which is no port"
  run -64 k3 run --procfile Procfile --port x
  run -64 k3 run --procfile Procfile --port 90 four
  is "$output" "k3thread: run: ValueError: Procfile: no entry 'four'"
  run -64 k3 run --port 90 script
}

@test "the entries of a Procfile get the caller's environment, overridden by the variables of .env beside the file" {
  mkdir app
  cat >app/.env <<'EOF'
# a comment
A=bare words 
 export B='single $A "\n" '
C="double \"$A\" \\ a\nb" # a comment

D = x=y
E=
EOF
  sed -i 's/$/\r/' app/.env
  echo 'one: for i in "$A" "$B" "$C" "$D" "${E-unset}" "$F"; do printf "[%s]\n" "$i"; done' >app/Procfile
  A=ours F=ours k3 run -q --no-prefix --procfile app/Procfile >out
  cat >expected <<'EOF'
[bare words]
[single $A "\n" ]
[double "$A" \ a
b]
[x=y]
[]
[ours]
EOF
  diff expected out
}

@test "a line of .env that is no variable is an error that names the line, and nothing runs" {
  echo 'one: touch ran' >Procfile
  for line in 'no variable' '=x' '1A=x' 'A="x' "A='x' y"; do
    printf 'A=1\n%s\n' "$line" >.env
    run -64 k3 run --procfile Procfile
    like "$output" '.env:2: k3thread: *'
    [ ! -e ran ]
  done
  printf 'A=1\nB=\0\n' >.env
  run -64 k3 run --procfile Procfile
  is "$output" '.env:2: k3thread: the line holds a NUL byte'
  head -c 5000000 /dev/zero | tr '\0' a >.env
  run -125 k3 run --procfile Procfile
  is "$output" 'k3thread: run: .env: a line is too long'
  # A directory of that name, such as a virtual environment, is ignored.
  rm .env && mkdir .env
  k3 run -q --procfile Procfile
  [ -e ran ]
}

@test "the input of the entries of a Procfile stays open" {
  printf 'watcher: cat; echo "saw the end"\nother: until [ -e go ]; do sleep 0.02; done; echo fine\n' >Procfile
  in_front run --procfile Procfile
  wait_until "$DEADLINE" has_log
  touch go
  finish run
  is "$(cat run.out)" 'other | fine'
}

@test "a Procfile can be standard input or a pipe, and its entries then run in the caller's directory" {
  echo A=x >.env
  printf 'one: pwd; echo $A' >Procfile
  expected=$(printf 'one | %s\n' "$dir" x)
  is "$(k3 run -q --procfile - <Procfile)" "$expected"
  is "$(k3 run -q --procfile <(cat Procfile))" "$expected"
  is "$(k3 run -q --procfile /dev/stdin <Procfile)" "$expected"
}

@test "a Procfile and a script may begin with a byte-order mark, and may have line ends of DOS" {
  printf '\xef\xbb\xbfone: echo a\r\n\r\n# x\r\n' >Procfile
  is "$(k3 run -q --procfile Procfile)" 'one | a'
  printf '\xef\xbb\xbfstart --name one -- echo a\r\n' >script
  is "$(k3 run -q script)" 'one | a'
}

@test "a Procfile is checked whole before anything runs" {
  for line in 'no entry' 'web:' '12: true' 'one: true' "$(printf '%065d' 0 | tr 0 a): true" $'a\x01: true'; do
    printf 'one: touch ran\n\n%s\n' "$line" >Procfile
    run -64 k3 run --procfile Procfile
    like "$output" 'Procfile:3: k3thread: *'
    is "${#lines[@]}" 1
    [ ! -e ran ]
  done
  printf 'one: touch ran\n\none: true\n' >Procfile
  run -64 k3 run --procfile Procfile
  is "$output" "Procfile:3: k3thread: 'one' is in line 1 already"
  printf '# nothing\n' >Procfile
  run -64 k3 run --procfile Procfile
  is "$output" 'k3thread: run: Procfile: no entry; "name: command" is one'
}

@test "a line that is no entry of a Procfile is an error that names the line" {
  printf 'web: sleep 1000\nno entry\n' >Procfile
  run -64 k3 run --procfile Procfile
  like "${lines[0]}" 'Procfile:2: k3thread: no entry of a Procfile*'
  printf 'web:\n' >Procfile
  run -64 k3 run --procfile Procfile
  is "${lines[0]}" 'Procfile:1: k3thread: the entry has no command'
  run -127 k3 run --procfile nothing
  run -64 k3 run --procfile Procfile script
}

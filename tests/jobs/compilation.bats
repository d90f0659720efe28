#!/usr/bin/env bats
# A program of many files, compiled in parallel.

# shellcheck disable=SC2154

load job

write_program() {
  needs gcc make
  for n in {1..20}; do
    echo "int f$n(void) { return $n; }" >"f$n.c"
  done
  {
    printf 'int f%s(void);\n' {1..20}
    echo '#include <stdio.h>'
    echo 'int main(void) { printf("%d", 0'
    printf '+ f%s()\n' {1..20}
    echo '); return 0; }'
  } >main.c
}

@test "all files are compiled, as many at a time as there are processors, and then linked" {
  write_program
  printf '%s\n' *.c | k3thread run -q --each gcc -c
  gcc -o program ./*.o
  is "$(./program)" 210
}

@test "all faults are found in one run, and the file with a fault is named" {
  write_program
  echo 'int f7(void) { return }' >f7.c
  echo 'int f9(void) { return no; }' >f9.c
  run -1 k3thread run --slots 4 --each gcc -c < <(printf '%s\n' *.c)
  like "$output" '*f7.c | f7.c:1:*error*'
  like "$output" '*run: 19 ok, 2 failed, *'
  is "$(find . -name '*.o' | wc -l)" 19
}

@test "several makes share the processors that the run gives to all" {
  needs make gcc
  mkdir running
  file cc 755 <<'END'
#!/bin/sh
# The compiler; counts how many of it run.
touch "$JOB/running/$$"
ls "$JOB/running" | wc -l >>"$JOB/counts"
gcc "$@"
status=$?
rm "$JOB/running/$$"
exit $status
END
  for project in red green blue; do
    mkdir "$project"
    for n in {1..8}; do
      echo "int f$n(void) { return $n; }" >"$project/f$n.c"
    done
    file "$project/Makefile" <<'END'
lib.a: $(patsubst %.c,%.o,$(wildcard *.c))
	ar rc $@ $^
%.o: %.c
	../cc -c $<
END
  done
  JOB=$dir run -0 k3thread run --slots 3 --jobserver --each make -C < <(printf '%s\n' red green blue)
  unlike "$output" '*warning*'
  is "$(compgen -G '*/lib.a' | wc -l)" 3
  is "$(wc -l <counts)" 24
  [ "$(sort -n counts | tail -n 1)" -le 3 ]
}

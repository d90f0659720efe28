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
  like "$output" '*21 threads in *, 2 failed*'
  is "$(find . -name '*.o' | wc -l)" 19
}

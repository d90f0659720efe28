#!/usr/bin/env bats
# The pages of section 3: their complete programs print what the page says, and everything that the
# header declares can be looked up.

bats_require_minimum_version 1.5.0

setup_file() {
  [ -z "${SANITIZE-}" ] || skip "an installed tree has no sanitizer"
  cd "$BATS_TEST_DIRNAME/.." || return
  export BUILD=${BUILD:-$PWD/build} CC=${CC:-cc}
  export TREE=$BATS_FILE_TMPDIR/tree
  make -s --no-print-directory BUILD="$BUILD" CC="$CC" PREFIX=/k3 DESTDIR="$TREE" install >/dev/null
  export PKG_CONFIG_PATH=$TREE/k3/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$TREE
  export LD_LIBRARY_PATH=$TREE/k3/lib
  export PAGES=$TREE/k3/share/man/man3
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

# Prints the display that follows the comment `.\" WHAT` in PAGE, as a reader sees it.
display() {
  awk -v mark=".\\\\\" $2" '
    index($0, mark) == 1 { wanted = 1; next }
    wanted && /^\.Bd/    { inside = 1; next }
    inside && /^\.Ed/    { exit }
    inside               { gsub(/\\e/, "\\"); sub(/^\\&/, ""); print }
  ' "$PAGES/$1.3"
}

safepoint_cflags() {
  case $("$CC" --version) in
  *clang*) pkg-config --variable=safepoint_cflags_clang k3thread ;;
  *) pkg-config --variable=safepoint_cflags k3thread ;;
  esac
}

# Builds the program of PAGE with the further arguments, and compares its output with the page.
check_example() {
  page=$1
  shift
  check_program "$page" '' "$@"
}

# Checks one of several programs of a page: `check_program PAGE "WHICH " ARGUMENT…`.
check_program() {
  page=$1
  which=$2
  shift 2
  display "$page" "${which}program" >program.c
  display "$page" "${which}output" >expected
  [ -s program.c ]
  [ -s expected ]
  # shellcheck disable=SC2046  # words
  "$CC" -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Werror -O2 -fexceptions program.c -o program \
    $(pkg-config --cflags --libs k3thread) "$@"
  ${RUNNER:-timeout 60} ./program >printed
  diff expected printed
}

@test "libk3thread(3): the program prints what the page says" {
  check_example libk3thread
}

@test "k3thread_start(3): the program prints what the page says" {
  check_example k3thread_start
}

@test "k3thread_send_exception(3): the program prints what the page says" {
  check_example k3thread_send_exception
}

@test "k3thread_park(3): the program prints what the page says" {
  check_example k3thread_park
}

@test "k3thread_start(3): the pool of workers prints what the page says" {
  check_program k3thread_start 'pool '
}

@test "k3thread_send_exception(3): the event loop prints what the page says" {
  check_program k3thread_send_exception 'loop '
}

@test "k3thread_sleep(3): the queue prints what the page says" {
  check_program k3thread_sleep 'queue '
}

@test "k3thread_try(3): the program prints what the page says" {
  check_example k3thread_try
}

# Checks a program in C++ in the same way.
check_cxx_example() {
  display "$1" 'c++ program' >program.cc
  display "$1" 'c++ output' >expected
  [ -s program.cc ]
  [ -s expected ]
  # shellcheck disable=SC2046  # words
  "${CXX:-c++}" -std=c++17 -Wall -Wextra -Wpedantic -Wshadow -Werror -O2 program.cc -o program \
    $(pkg-config --cflags --libs k3thread)
  timeout 60 ./program >printed
  diff expected printed
}

@test "k3thread_try(3): the program in C++ prints what the page says" {
  check_cxx_example k3thread_try
}

@test "k3thread_timeout(3): the program prints what the page says" {
  check_example k3thread_timeout
}

@test "k3thread_set_mask(3): the program prints what the page says" {
  check_example k3thread_set_mask
}

@test "k3thread_sleep(3): the program prints what the page says" {
  check_example k3thread_sleep
}

@test "k3thread_safepoint(3): the program prints what the page says" {
  # shellcheck disable=SC2046
  check_example k3thread_safepoint $(safepoint_cflags) \
    $(pkg-config --variable=safepoint_libs k3thread)
}

# Runs PROGRAM as the thread "web" of a supervisor, and raises in it what k3thread_attach(3) raises.
as_web() {
  local k3=$TREE/k3/bin/k3thread status=0
  export K3THREAD_SOCKET=$BATS_TEST_TMPDIR/k.sock K3THREAD_TMPDIR=$BATS_TEST_TMPDIR
  "$k3" start -n web -o "$PWD/web.out" "$1" >/dev/null
  until [ -s web.out ]; do sleep 0.01; done
  "$k3" raise web Reload -m new.conf
  "$k3" raise web
  "$k3" join web || status=$?
  "$k3" shutdown --now
  cat web.out
  [ "$status" = 143 ]
}

@test "k3thread_attach(3): the program prints what the page says" {
  RUNNER=as_web check_example k3thread_attach
}

@test "every page has a program that is run here" {
  for page in "$BATS_TEST_DIRNAME"/../man/*.3; do
    grep -q "check_example $(basename "$page" .3)\>" "$BATS_TEST_FILENAME"
  done
}

@test "every function that is exported has a page of its name" {
  nm -D --defined-only "$TREE/k3/lib/libk3thread.so" |
    sed -n 's/.* T \(k3thread_[a-z_]*[a-z]\)@.*/\1/p' >functions
  [ "$(wc -l <functions)" -gt 30 ]
  while read -r name; do
    [ -f "$PAGES/$name.3" ] || { echo "no page: $name"; false; }
  done <functions
}

@test "every macro that a program uses has a page of its name" {
  for name in K3THREAD_{TRY,EXCEPT,FINALLY,END,RERAISE,SHIELD,SHIELD_END,TIMEOUT,DEFINE_EXCEPTION} \
    k3thread_cleanup_{push,pop}; do
    grep -qE "^#define $name\b" "$TREE/k3/include/k3thread.h"
    [ -f "$PAGES/$name.3" ]
  done
}

@test "every page and function that a page refers to exists" {
  sed -n 's/^\.Xr \(\(lib\)\{0,1\}k3thread[a-z_]*\) 3.*/\1/p' "$PAGES"/*.3 | sort -u >wanted
  [ -s wanted ]
  while read -r name; do
    [ -f "$PAGES/$name.3" ] || { echo "no page: $name"; false; }
  done <wanted
  sed -n 's/^\.F[no] \(k3thread_[a-z_]*\).*/\1/p' "$PAGES"/*.3 | sort -u >described
  while read -r name; do
    grep -qw "$name" "$TREE/k3/include/k3thread.h" || { echo "not in the header: $name"; false; }
  done <described
}

@test "a name that shares a page leads to that page" {
  cd "$TREE/k3/share/man"
  run -0 cat man3/k3thread_join.3
  [ "$output" = ".so man3/k3thread_start.3" ]
  run -0 mandoc man3/k3thread_join.3
  [[ $output = *squarer* ]]
}

@test "a page explains every constant of the header" {
  grep -oE '\bK3THREAD_[A-Z_]*[A-Z]\b' "$TREE/k3/include/k3thread.h" | sort -u >constants
  while read -r name; do
    case $name in
    # These are the header's guard and its list of errors, which the pages explain one by one.
    K3THREAD_H | K3THREAD_ERROR_MAP) ;;
    *) grep -qw "$name" "$PAGES"/*.3 || { echo "nowhere explained: $name"; false; } ;;
    esac
  done <constants
}

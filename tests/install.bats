#!/usr/bin/env bats
# What make install leaves, and whether a program can be built with it.

bats_require_minimum_version 1.5.0

setup_file() {
  [ -z "${SANITIZE-}" ] || skip "an installed tree has no sanitizer"
  cd "$BATS_TEST_DIRNAME/.." || return
  export BUILD=${BUILD:-$PWD/build} CC=${CC:-cc} CXX=${CXX:-c++}
  export TREE=$BATS_FILE_TMPDIR/tree
  make_install PREFIX=/opt/k3 DESTDIR="$TREE"
  export PKG_CONFIG_PATH=$TREE/opt/k3/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$TREE
  export LD_LIBRARY_PATH=$TREE/opt/k3/lib
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

make_install() {
  make -s --no-print-directory -C "$BATS_TEST_DIRNAME/.." BUILD="$BUILD" CC="$CC" "$@" install >/dev/null
}

# Prints what pkg-config says of the installed library, as words of a command line.
flags() {
  pkg-config "$@" k3thread
}

# Makes a program that starts a thread, raises in it and joins it: `./program` prints SystemExit. The
# argument is the code of the thread.
write_program() {
  cat >program.c <<END
#include <k3thread.h>
#include <stdio.h>

static void *target(void *arg)
{
    $1
    return arg;
}

int main(void)
{
    k3thread              *thread;
    struct k3thread_result result;

    if (k3thread_start(&thread, target, NULL, NULL) != 0 ||
        k3thread_send_exception(thread, &k3thread_SystemExit) != 0 ||
        k3thread_join(thread, 20, &result) != 0)
        return 1;
    k3thread_unref(thread);
    puts(result.exception != NULL ? result.exception->name : "returned");
    return 0;
}
END
}

waits='(void) k3thread_sleep(1000);'
busy='for (volatile unsigned long i = 0;; i++) { }'

@test "make install respects DESTDIR, PREFIX and the directories" {
  make_install DESTDIR="$PWD" PREFIX=/p BINDIR=/b LIBDIR=/l LIBEXECDIR=/x INCLUDEDIR=/i MANDIR=/m DATADIR=/d \
    UNITDIR=/u COMPLETIONDIR_zsh=/z
  [ -x b/k3thread ]
  [ -x x/k3thread-host ]
  [ -f i/k3thread.h ]
  [ -f l/libk3thread.a ]
  [ -f l/libk3thread_safepoint.a ]
  [ -f l/libk3thread.so.0.1.0 ]
  [ -f l/pkgconfig/k3thread.pc ]
  for page in "$BATS_TEST_DIRNAME"/../man/*.[1-8]; do
    [ -f "m/man${page##*.}/${page##*/}" ]
  done
  [ -f d/bash-completion/completions/k3thread ]
  [ -f z/_k3thread ]
  [ -f d/fish/vendor_completions.d/k3thread.fish ]
  grep -x 'ExecStart=/b/k3thread -L default supervise' u/k3thread.service
  [ ! -e p ]
  grep -x 'libdir=/l' l/pkgconfig/k3thread.pc
  grep -x 'includedir=/i' l/pkgconfig/k3thread.pc
}

@test "make uninstall removes everything that make install put there" {
  make_install DESTDIR="$PWD/d"
  [ -n "$(find d -type f)" ]
  make -s -C "$BATS_TEST_DIRNAME/.." BUILD="$BUILD" DESTDIR="$PWD/d" uninstall
  [ -z "$(find d ! -type d)" ]
}

@test "the installed program runs" {
  run -0 "$TREE/opt/k3/bin/k3thread" --version
  [[ $output = *0.1.0* ]]
}

@test "pkg-config prints the version" {
  [ "$(flags --modversion)" = 0.1.0 ]
}

@test "a C program can be built with the shared library" {
  write_program "$waits"
  # shellcheck disable=SC2046  # words
  "$CC" -Werror -Wall program.c -o program $(flags --cflags --libs)
  readelf -d program | grep 'NEEDED.*\[libk3thread\.so\.0\.1\]'
  [ "$(./program)" = SystemExit ]
}

@test "a C program can be built with the static library" {
  write_program "$waits"
  # shellcheck disable=SC2046
  "$CC" -static -Werror -Wall program.c -o program $(flags --static --cflags --libs)
  [ "$(./program)" = SystemExit ]
}

@test "a C++ program can be built with the shared library" {
  write_program "$waits"
  # shellcheck disable=SC2046
  "$CXX" -x c++ -Werror -Wall program.c -o program $(flags --cflags --libs)
  [ "$(./program)" = SystemExit ]
}

@test "a busy loop with the safepoint flags can be stopped, with both libraries and both orders of flags" {
  write_program "$busy"
  # shellcheck disable=SC2046
  {
    "$CC" $(flags --cflags) $(flags --variable=safepoint_cflags) -c program.c
    "$CC" program.o -o shared $(flags --libs) $(flags --variable=safepoint_libs)
    "$CC" program.o -o before $(flags --variable=safepoint_libs) $(flags --libs)
    "$CC" program.o -static -o static $(flags --static --libs) $(flags --variable=safepoint_libs)
  }
  for program in shared before static; do
    [ "$(timeout 30 "./$program")" = SystemExit ]
  done
}

@test "a busy loop can be stopped in a program that is compiled with -flto and linked apart" {
  write_program "$busy"
  for compiler in gcc clang; do
    command -v "$compiler" || continue
    variable=safepoint_cflags
    [ "$compiler" = gcc ] || variable=safepoint_cflags_clang
    # shellcheck disable=SC2046  # flags are separate words
    {
      "$compiler" -O2 -flto $(flags --cflags) $(flags --variable="$variable") -c program.c
      "$compiler" program.o -o lto $(flags --libs) $(flags --variable=safepoint_libs)
    }
    [ "$(timeout 30 ./lto)" = SystemExit ]
  done
}

@test "a program without the safepoint flags has no hook" {
  write_program "$waits"
  # shellcheck disable=SC2046
  "$CC" program.c -static -o program $(flags --static --cflags --libs)
  run -1 grep -q __sanitizer_cov_trace_pc program
  run -1 grep -q __sanitizer_cov_trace_pc "$TREE/opt/k3/lib/libk3thread.so"
}

@test "the shared library has its soname, which is the version of its symbols, and its links" {
  cd "$TREE/opt/k3/lib"
  readelf -d libk3thread.so.0.1.0 | grep 'SONAME.*\[libk3thread\.so\.0\.1\]'
  [ "$(readlink -f libk3thread.so)" = "$PWD/libk3thread.so.0.1.0" ]
  [ "$(readlink -f libk3thread.so.0.1)" = "$PWD/libk3thread.so.0.1.0" ]
}

# Prints the symbols that lib/libk3thread.map lists.
symbols_listed() {
  sed -n '/^global:/,/^local:/s/^    \(k3thread_[A-Za-z0-9_]*\);$/\1/p' "$BATS_TEST_DIRNAME/../lib/libk3thread.map"
}

# Prints the functions and objects that the header declares: its statements, without types.
symbols_declared() {
  printf '#include <k3thread.h>\n' | "$CC" -E -P -I "$TREE/opt/k3/include" - |
    tr '\n' ' ' | tr ';{}' '[\n*]' | grep -v typedef |
    sed -nE 's/.*\<(k3thread_[A-Za-z0-9_]+) *\(.*/\1/p; s/.*\<extern [^(]*\<(k3thread_[A-Za-z0-9_]+) *(__attribute__.*)?$/\1/p'
}

@test "the shared library exports exactly the symbols that libk3thread.map lists, and exit" {
  nm -D --defined-only --with-symbol-versions "$TREE/opt/k3/lib/libk3thread.so" | sed 's/.* //' | sort >exported
  # The version itself is a symbol too, and exit has no version.
  { symbols_listed | sed 's/$/@@K3THREAD_0.1/'; echo K3THREAD_0.1; echo exit; } | sort >listed
  grep -qx 'k3thread_start@@K3THREAD_0.1' exported
  diff listed exported
}

@test "libk3thread.map lists exactly what the header declares" {
  symbols_listed | sort >listed
  symbols_declared | sort -u >declared
  grep -qx k3thread_start declared
  diff listed declared
}

@test "libk3thread.map lists each symbol once, and lists the symbols that only macros use apart" {
  symbols_listed >listed
  [ -z "$(sort listed | uniq -d)" ]
  # The names of those symbols end in _; they come last.
  grep -v '_$' listed >first
  grep '_$' listed >last
  cat first last | diff listed -
}

@test "the static library defines no global names but those that begin with k3thread_ or k3t_" {
  nm -g --defined-only "$TREE/opt/k3/lib/libk3thread.a" | sed -n 's/^[0-9a-f]* [A-Z] //p' >symbols
  grep -qx k3thread_start symbols
  # The compiler makes the names with DW.ref.
  run -1 grep -vE '^(k3thread_|k3t_|DW\.ref\.)' symbols
}

@test "the program is one hardened file that needs no library" {
  program=$TREE/opt/k3/bin/k3thread
  readelf -h "$program" | grep 'Type: *DYN'
  readelf -ldW "$program" >headers
  run -1 grep -e INTERP -e NEEDED headers
  check_hardened "$program"
}

@test "the shared library is hardened" {
  check_hardened "$TREE/opt/k3/lib/libk3thread.so"
}

# Checks that relocations are read-only and bound at the start, and that the stack cannot be executed.
check_hardened() {
  readelf -ldW "$1" >headers
  grep GNU_RELRO headers
  grep -E 'BIND_NOW|FLAGS.*NOW' headers
  grep 'GNU_STACK.* RW ' headers
  run -1 grep TEXTREL headers
}

@test "the code is compiled with a stack protector and FORTIFY" {
  nm "$BUILD"/lib/*.o "$BUILD"/cli/*.o "$BUILD"/cli/*/*.o | sed -n 's/^ *U //p' | sort -u >wanted
  grep -x __stack_chk_fail wanted
  grep -E '^__[a-z]+_chk$' wanted
}

@test "the systemd unit runs the installed program" {
  unit=$TREE/opt/k3/share/systemd/user/k3thread.service
  command=$(sed -n 's/^ExecStart=//p' "$unit")
  [ "$command" = '/opt/k3/bin/k3thread -L default supervise' ]
  [ -x "$TREE${command%% *}" ]
  grep -qx 'Type=notify' "$unit"
  if command -v systemd-analyze >/dev/null; then
    sed "s#^ExecStart=#ExecStart=$TREE#" "$unit" >k3thread.service
    XDG_RUNTIME_DIR=$PWD systemd-analyze verify --man=no --user ./k3thread.service
  fi
}

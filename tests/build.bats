#!/usr/bin/env bats
# The build itself, its checks, and the scripts beside it.
# shellcheck disable=SC2030,SC2031,SC2119,SC2120  # bats sets `lines`; build() is called by run too

bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_DIRNAME/.." || return
  BUILD=${BUILD:-$PWD/build}
  new=$BATS_TEST_TMPDIR/build
}

# Builds a library of three files in a directory of its own, and prints a line for each file that was built.
build() {
  make --no-print-directory -j2 SANITIZE= BUILD="$new" LIB_SOURCES='lib/clock.c lib/exctype.c lib/syscall.S' \
    "$@" "$new/libk3thread.a"
}

@test "make does nothing when nothing has changed" {
  build >/dev/null
  run -0 build
  [[ $output != *CC* && $output != *AR* ]]
}

@test "make builds again when a flag changes" {
  build >/dev/null
  run -0 build CFLAGS='-O1 -g'
  [[ $output = *lib/*AR* ]]
}

@test "make builds again when the compiler changes" {
  build >/dev/null
  printf '#!/bin/sh\nexec %s "$@"\n' "${CC:-cc}" >"$BATS_TEST_TMPDIR/other-cc"
  chmod +x "$BATS_TEST_TMPDIR/other-cc"
  run -0 build CC="$BATS_TEST_TMPDIR/other-cc"
  [[ $output = *lib/*AR* ]]
}

@test "make builds an object again when a header that it includes changes" {
  build >/dev/null
  run -0 build -W lib/include/k3thread.h
  [[ $output = *lib/*AR* ]]
}

@test "the safepoint hook is compiled without a sanitizer" {
  make -s SANITIZE=address,undefined BUILD="$new" "$new/libk3thread_safepoint.a"
  nm "$new/libk3thread_safepoint.a" | grep ' T __sanitizer_cov_trace_pc$'
  run -1 grep -qE '__(asan|ubsan|tsan)_' "$new/libk3thread_safepoint.a"
}

@test "the library and the program call no function that glibc 2.31 lacks" {
  lacking='close_range closefrom execveat _Fork mallinfo2 pidfd_[a-z_]* epoll_pwait2 strlcpy strlcat
    arc4random[a-z_]* strerrorname_np strerrordesc_np sigabbrev_np sigdescr_np
    posix_spawn_file_actions_addclosefrom_np pthread_attr_setsigmask_np'
  objects=("$BUILD"/lib/*.o "$BUILD"/cli/*/*.o)
  nm -u "${objects[@]}" | grep -q ' U strerror$'
  # shellcheck disable=SC2086  # a list of words
  run -1 grep -E " U ($(echo $lacking | tr ' ' '|'))\$" <(nm -u "${objects[@]}")
  run -1 grep -E '#include <(sys/pidfd|sys/rseq|sys/mount_fd|linux/close_range)\.h>' -r cli lib
}

# The Makefile refuses an undefined function. The quick way also runs before anything is relocated:
# no pointer may stand in its data.
@test "the code that runs before the C library needs nothing of the C library" {
  declare -A seen
  for compiler in "${CC:-cc}" gcc clang; do
    command -v "$compiler" || continue
    kind=$("$compiler" -dM -E - </dev/null | cksum) # cc is the same as gcc or clang
    [ -z "${seen[$kind]-}" ] || continue
    seen[$kind]=1
    for flags in -O0 '-O3 -g'; do
      make -s -j2 SANITIZE= CC="$compiler" CFLAGS="$flags" BUILD="$new" "$new/quick.o"
      run -1 grep -E '\.data\.rel|\.init_array|\.tbss|\.tdata' <(objdump -h "$new/quick.o")
    done
  done
}

@test "make with an unknown processor names the two that there are, before it compiles a file" {
  run ! make SANITIZE= CPPFLAGS='-U__x86_64__ -U__aarch64__' BUILD="$new"
  [[ $output = *'k3thread runs on x86-64 and aarch64'* && $output != *' CC '* && $output != *' AS '* ]]
  run ! make SANITIZE= CPPFLAGS=-U__LP64__ BUILD="$new"
  [[ $output = *'with pointers of 64 bits'* && $output != *' CC '* ]]
  for file in lib/syscall.S cli/quick/entry.S; do
    run ! "${CC:-cc}" -U__x86_64__ -U__aarch64__ -Ilib -include lib/landing.inc -E -o /dev/null "$file"
    [[ $output = *'k3thread runs on x86-64 and aarch64'* ]]
  done
}

@test "assembler files are marked for branch protection when the compiler marks its own" {
  [ "$(uname -m)" = x86_64 ] || skip "the notes of aarch64 are checked with a cross compiler"
  for target in lib/syscall.S.o quick/cli/quick/entry.S.o; do
    make -s SANITIZE= CFLAGS='-O2 -fcf-protection' BUILD="$new" "$new/$target"
    readelf -n "$new/$target" | grep 'IBT, SHSTK'
  done
}

# make for aarch64 on another processor.
cross_make() {
  echo '#include <stdio.h>' | aarch64-linux-gnu-gcc -E - >/dev/null 2>&1 || skip 'no cross compiler with a C library'
  env -u CC -u CXX -u AR -u NM -u OBJCOPY make -s -j2 SANITIZE= CROSS_COMPILE=aarch64-linux-gnu- BUILD="$new" "$@"
}

@test "the library compiles for aarch64 without a warning" {
  cross_make WERROR=1 CFLAGS=-O1 "$new/libk3thread.a"
}

@test "assembler files of aarch64 are marked for branch protection when the compiler marks its own" {
  for target in lib/syscall.S.o quick/cli/quick/entry.S.o; do
    cross_make CFLAGS=-mbranch-protection=standard "$new/$target"
    readelf -n "$new/$target" | grep 'AArch64 feature: BTI'
  done
}

@test "a distributor's level of FORTIFY takes the place of ours" {
  run -0 make -n SANITIZE= CPPFLAGS=-D_FORTIFY_SOURCE=3 BUILD="$new" "$new/lib/try.c.o"
  [[ $output = *-D_FORTIFY_SOURCE=3* && $output != *-D_FORTIFY_SOURCE=2* && $output != *-U_FORT* ]]
}

@test "the library is compiled whole, also with -flto, so that every compiler can link it" {
  for compiler in gcc clang; do
    command -v "$compiler" || continue
    make -s -j2 SANITIZE= CC="$compiler" CFLAGS='-O2 -flto' BUILD="$new" "$new"/lib/{try,safepoint}.c.o
    for object in try safepoint; do
      readelf -h "$new/lib/$object.c.o" # no bitcode
      run -1 grep -F .gnu.lto_ <(readelf -SW "$new/lib/$object.c.o")
    done
  done
}

# Makes a compiler and an archiver that only make the files, and prints variables of make that choose them.
hollow_tools() {
  cat >"$BATS_TEST_TMPDIR/hollow-cc" <<'END'
#!/bin/sh
for word; do
    [ "$before" != -o ] || : >"$word"
    before=$word
done
END
  # shellcheck disable=SC2016  # its own argument
  printf '#!/bin/sh\n: >"$2"\n' >"$BATS_TEST_TMPDIR/hollow-ar"
  chmod +x "$BATS_TEST_TMPDIR"/hollow-*
  echo "SANITIZE= CC=$BATS_TEST_TMPDIR/hollow-cc AR=$BATS_TEST_TMPDIR/hollow-ar NM=true OBJCOPY=true"
}

@test "make install, without the variables of make, builds nothing anew and writes nothing into BUILD" {
  # shellcheck disable=SC2016,SC2046  # a make's variable; words
  make -j2 BUILD="$new" $(hollow_tools) CFLAGS='-O1 -DX="a $$b#c"' STATIC= >/dev/null
  find "$new" -type f -printf '%p %T@\n' | sort >"$BATS_TEST_TMPDIR/before"
  CC=other CFLAGS=-O3 run -0 make BUILD="$new" DESTDIR="$BATS_TEST_TMPDIR/tree" install
  [ -x "$BATS_TEST_TMPDIR/tree/usr/local/bin/k3thread" ]
  [[ $output != *'  CC '* && $output != *'  LINK '* ]]
  find "$new" -type f -printf '%p %T@\n' | sort | diff "$BATS_TEST_TMPDIR/before" -
}

@test "BUILD and DESTDIR may have blanks in their paths" {
  far="$BATS_TEST_TMPDIR/a far  build"
  tree="$BATS_TEST_TMPDIR/a far tree"
  echo * >"$BATS_TEST_TMPDIR/before"
  # shellcheck disable=SC2046  # words
  make -j2 BUILD="$far" $(hollow_tools) >/dev/null
  [ -e "$far/k3thread" ]
  run -0 make BUILD="$far" DESTDIR="$tree" install
  [[ $output != *'  CC '* ]]
  [ -x "$tree/usr/local/bin/k3thread" ]
  [ -e "$tree/usr/local/lib/libk3thread.so" ]
  make -s BUILD="$far" DESTDIR="$tree" uninstall
  [ -z "$(find "$tree" ! -type d)" ]
  make -s BUILD="$far" clean
  [ ! -e "$far" ]
  echo * | diff "$BATS_TEST_TMPDIR/before" -
}

# Makes a directory that has the commands which tests/deps.sh uses, and COMMAND…, each of which leaves the
# file called.
commands_but_few() {
  mkdir "$BATS_TEST_TMPDIR/bin"
  for command in sh sort sed tr grep find env uname; do
    ln -s "$(command -v "$command")" "$BATS_TEST_TMPDIR/bin"
  done
  printf '#!/bin/sh\necho 1000\n' >"$BATS_TEST_TMPDIR/bin/id"
  for command; do
    printf '#!/bin/sh\n: >"%s"\nexit 1\n' "$BATS_TEST_TMPDIR/called" >"$BATS_TEST_TMPDIR/bin/$command"
  done
  chmod +x "$BATS_TEST_TMPDIR"/bin/*
}

@test "without root and sudo, one sentence names the packages to install" {
  commands_but_few apt-get
  PATH=$BATS_TEST_TMPDIR/bin run -1 tests/deps.sh check
  [[ ${lines[0]} = 'Install these Debian packages as root, because there is no sudo here: '*bats*tmux* ]]
  [ "${#lines[@]}" = 1 ]
  [ ! -e "$BATS_TEST_TMPDIR/called" ]
}

@test "when the installation fails, the packages are named" {
  commands_but_few apt-get sudo
  PATH=$BATS_TEST_TMPDIR/bin run -1 tests/deps.sh check
  [[ ${lines[-1]} = 'These Debian packages could not be installed: '*bats*tmux* ]]
  [ -e "$BATS_TEST_TMPDIR/called" ]
}

@test "an installation of packages waits for another one that is under way" {
  commands_but_few apt-get sudo
  printf '#!/bin/sh\necho "$*"\n' >"$BATS_TEST_TMPDIR/bin/sudo"
  PATH=$BATS_TEST_TMPDIR/bin run -1 tests/deps.sh check
  [[ $output = *$'\napt-get '*'Lock::Timeout='[1-9]*' install '*bats*tmux* ]]
}

@test "make check INSTALL_DEPS=no calls neither apt-get nor sudo" {
  commands_but_few apt-get sudo
  for words in 'build check' '--optional jobs'; do
    # shellcheck disable=SC2086  # words
    PATH=$BATS_TEST_TMPDIR/bin INSTALL_DEPS=no run tests/deps.sh $words
    [[ $output = *'these Debian packages bring: '* ]]
  done
  printf '#!/bin/sh\nexit 1\n' >"$BATS_TEST_TMPDIR/no-cc"
  chmod +x "$BATS_TEST_TMPDIR/no-cc"
  PATH=$BATS_TEST_TMPDIR/bin:$PATH run ! make check INSTALL_DEPS=no BUILD="$new" CC="$BATS_TEST_TMPDIR/no-cc"
  [[ $output = *'Debian packages bring: '*libedit-dev* ]]
  [ ! -e "$BATS_TEST_TMPDIR/called" ]
}

@test "make check-arm64 is skipped with a word where a package is missing" {
  [ "$(uname -m)" != aarch64 ] || skip 'it is skipped on aarch64'
  commands_but_few apt-get sudo
  PATH=$BATS_TEST_TMPDIR/bin INSTALL_DEPS=no BUILD=$new run -0 "$BASH" tests/arm64/run
  [[ ${lines[0]} = *'Debian packages bring: '*qemu-system-arm* ]]
  [ "${lines[-1]}" = 'make check-arm64 is skipped: a package is missing' ]
  [ ! -e "$BATS_TEST_TMPDIR/called" ]
}

# machine STATUS LAST OUTPUT: checks that make check-arm64 exits with STATUS and closes with LAST when its machine
# prints OUTPUT. All the programs that it needs do nothing.
machine() {
  local bin=$BATS_TEST_TMPDIR/bin kept=$new/check-arm64
  mkdir -p "$bin" "$kept"/{build,suite,suite-kernel/boot}
  touch "$kept/suite.cpio" "$kept/suite-kernel/boot/vmlinuz-1"
  for command in cpio aarch64-linux-gnu-g++ mmdebstrap qemu-system-aarch64; do
    printf '#!/bin/sh\n' >"$bin/$command"
    chmod +x "$bin/$command"
  done
  printf "printf '%%b' '%s'\n" "$3" >>"$bin/qemu-system-aarch64"
  PATH=$bin:$PATH BUILD=$new MAKE=true VERSION=1 SUITE=suite KERNEL=suite/kernel run "-$1" tests/arm64/run
  [ "${lines[-1]}" = "$2" ]
}

@test "make check-arm64 counts the tests that passed, failed, were skipped and were not reached" {
  [ "$(uname -m)" != aarch64 ] || skip 'it is skipped on aarch64'
  machine 0 '3 passed, 0 failed, 1 skipped' \
    '1..2\r\n1..2\r\nok 1 a\r\nok 1 b\r\nok 2 c # skip no d\r\nok 2 d\r\nThe machine ends\r\n'
  machine 1 '1 passed, 1 failed, 0 skipped' '1..2\r\nok 1 a\r\nnot ok 2 b\r\nThe machine ends\r\n'
  machine 1 '1 passed, 2 failed, 0 skipped' '1..2\r\nok 1 a\r\n'
  machine 1 '0 passed, 1 failed, 0 skipped' 'Kernel panic\r\n'
}

@test "make check and make demo name /dev/null and /tmp if they cannot be used" {
  unshare --user --map-root-user --mount true || skip 'no user namespaces'
  unshare --user --map-root-user --mount sh -c 'mount -t tmpfs none /dev && tests/deps.sh build check 2>&1' \
    >"$BATS_TEST_TMPDIR/output" || status=$?
  [ "$status" = 1 ]
  grep -x 'There is no device /dev/null here.*' "$BATS_TEST_TMPDIR/output"
  unset TMPDIR
  for groups in build 'build check'; do
    status=0
    output=$(unshare --user --map-root-user --mount sh -c \
      "mount -t tmpfs -o ro none /tmp && tests/deps.sh $groups 2>&1") || status=$?
    [ "$status" = 1 ]
    [ "$output" = '/tmp cannot be written, and the files of make check and make demo are put there.' ]
  done
}

@test "make names the package that is missing" {
  # Makes a compiler that finds no headers but the C library's.
  cat >"$BATS_TEST_TMPDIR/cc" <<'END'
#!/bin/sh
case $* in *-E*) ! grep -qE 'jansson|histedit' ;; *) exec cc "$@" ;; esac
END
  chmod +x "$BATS_TEST_TMPDIR/cc"
  run ! make BUILD="$new" CC="$BATS_TEST_TMPDIR/cc" "$new/packages"
  [[ $output = *'Debian packages bring: libedit-dev libjansson-dev'* ]]
}

@test "a cross compiler chooses the tools, and the packages of the other processor" {
  unset CC CXX AR NM OBJCOPY
  mkdir "$BATS_TEST_TMPDIR/cross"
  other=aarch64 architecture=arm64
  [ "$(uname -m)" != aarch64 ] || other=x86_64 architecture=amd64
  printf '#!/bin/sh\necho %s\nexit 1\n' "$other-linux-gnu" >"$BATS_TEST_TMPDIR/cross/x-gcc"
  chmod +x "$BATS_TEST_TMPDIR/cross/x-gcc"
  PATH=$BATS_TEST_TMPDIR/cross:$PATH run ! make BUILD="$new" SANITIZE= CROSS_COMPILE=x- "$new/packages"
  [[ $output = *"libedit-dev:$architecture libjansson-dev:$architecture"* ]]
  run -0 make -n BUILD="$new" SANITIZE= CROSS_COMPILE=x- "$new/quick.o" "$new/libk3thread.a"
  [[ $output = *'x-gcc '* && $output = *'x-ar rcs'* && $output = *'x-objcopy '* && $output = *'x-nm -u'* ]]
  # A tool that is chosen by itself stays.
  AR=my-ar run -0 make -n BUILD="$new" SANITIZE= CROSS_COMPILE=x- "$new/libk3thread.a"
  [[ $output = *'my-ar rcs'* ]]
}

@test "a build without static libraries needs shared ones only" {
  cat >"$BATS_TEST_TMPDIR/cc" <<'END'
#!/bin/sh
case $* in *print-file-name=*.a) echo "${*##*=}" ;; *print-file-name=*) echo /lib ;; esac
END
  chmod +x "$BATS_TEST_TMPDIR/cc"
  run ! make BUILD="$new" SANITIZE= CC="$BATS_TEST_TMPDIR/cc" "$new/packages"
  run -0 make BUILD="$new" SANITIZE= CC="$BATS_TEST_TMPDIR/cc" STATIC= "$new/packages"
}

@test "tests/deps.sh installs nothing when nothing is missing" {
  run -0 tests/deps.sh build check
  [ -z "$output" ]
}

@test "every header compiles alone" {
  tests/headers.sh
}

@test "the check of headers finds a header that needs another one first" {
  copy_sources
  echo 'size_t needs_stddef;' >"$BATS_TEST_TMPDIR/cli/base/text.h"
  run ! "$BATS_TEST_TMPDIR/tests/headers.sh" cli/base/clock.h cli/base/text.h
  [[ $output = *'not alone: cli/base/text.h'* && $output != *'not alone: cli/base/clock.h'* ]]
}

@test "every include goes to a layer that its file may use" {
  tests/layers.sh
}

@test "the check of layers finds an include from a layer above" {
  copy_sources
  echo '#include "cli/client/client.h"' >>"$BATS_TEST_TMPDIR/lib/start.c"
  echo '#include "cli/worker/worker.h"' >>"$BATS_TEST_TMPDIR/cli/client/client.c"
  echo '#include "record.h"' >>"$BATS_TEST_TMPDIR/cli/worker/worker.c"
  run -1 "$BATS_TEST_TMPDIR/tests/layers.sh"
  [[ ${lines[0]} = 'cli/client/client.c must not include "cli/worker/worker.h"' ]]
  [[ ${lines[1]} = 'cli/worker/worker.c must not include "record.h"' ]]
  [[ ${lines[2]} = 'lib/start.c must not include "cli/client/client.h"' ]]
  [ "${#lines[@]}" = 3 ]
}

@test "the check of layers finds a circle of includes" {
  copy_sources
  echo '#include "cli/base/duration.h"' >>"$BATS_TEST_TMPDIR/cli/base/text.c"
  run -1 "$BATS_TEST_TMPDIR/tests/layers.sh"
  [[ ${lines[0]} = 'a circle of includes: '*cli/base/duration* && ${lines[0]} = *cli/base/text* ]]
  [ "${#lines[@]}" = 1 ]
}

@test "the check of layers finds a header that declares a function of another file" {
  copy_sources
  echo 'int k3t_start_twice(void);' >>"$BATS_TEST_TMPDIR/lib/end.h"
  run -1 "$BATS_TEST_TMPDIR/tests/layers.sh"
  [ "$output" = 'lib/end.h declares k3t_start_twice(), which is not defined beside it' ]
}

copy_sources() {
  cp -R lib cli "$BATS_TEST_TMPDIR"
  mkdir "$BATS_TEST_TMPDIR/tests"
  cp tests/headers.sh tests/layers.sh "$BATS_TEST_TMPDIR/tests"
}

@test "the demo works and leaves nothing behind" {
  K3THREAD=${K3THREAD:-$BUILD/k3thread} run -0 tests/demo.sh
  [[ $output = *'No process, no socket.' ]]
}

# ci STATUS LAST TAP MAKE [LINT]: checks that .ci/run exits with STATUS and closes with LAST when
# `make check` prints TAP and exits with MAKE, and the linters exit with LINT.
ci() {
  mkdir -p "$BATS_TEST_TMPDIR/bin"
  cat >"$BATS_TEST_TMPDIR/bin/make" <<END
#!/bin/sh
[ "\$1" = check ] || exit ${5:-0}
printf '$3'
exit $4
END
  chmod +x "$BATS_TEST_TMPDIR/bin/make"
  PATH=$BATS_TEST_TMPDIR/bin:$PATH run "-$1" .ci/run
  [ "${lines[-1]}" = "$2" ]
}

@test ".ci/run counts the tests that passed, failed and were skipped" {
  ci 0 '2 passed, 0 failed' '1..2\nok 1 a\nok 2 b in 3 seconds\n' 0
  ci 0 '2 passed, 0 failed, 1 skipped' '1..3\nok 1 a\nok 2 b # skip no root\nok 3 c\n' 0
  ci 1 '1 passed, 1 failed' '1..2\nok 1 a\nnot ok 2 b\n# not ok 3 in a comment\n' 1
}

@test ".ci/run fails if the tests were cut short or none ran" {
  ci 1 '1 passed, 2 failed' '1..3\nok 1 a\n' 0
  ci 1 '0 passed, 1 failed' 'cc: error\n' 2
  ci 1 '0 passed, 1 failed' '' 0
  ci 1 '1 passed, 1 failed' '1..1\nok 1 a\n' 0 1
  ci 1 '1 passed, 1 failed' '1..1\nok 1 a\n' 2
}

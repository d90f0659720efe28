#!/bin/sh
# Installs the missing packages, and names them: tests/deps.sh GROUP…
# With --check it only names them, and fails if a package is missing.
# With --optional it installs them only if this user is root, as in a container or in CI, and does not fail: the
# tests that need them are skipped or run one after the other. Such packages may be servers, which not everybody
# wants.
# With INSTALL_DEPS=no in the environment it installs nothing, and is like --check.
#
# A package is recognized by its contents and not by its name, so that a system with other packages passes
# too if it has everything; the installation works on Debian and its derivatives.
set -eu

# group  package  what it brings: a command, a header or library that the compiler must find, or a file
table='
build    libc6-dev        stdio.h
build    libjansson-dev   jansson.h
build    libjansson-dev   libjansson.a
build    libedit-dev      histedit.h
build    libedit-dev      libedit.a
build    libncurses-dev   curses.h
build    libncurses-dev   libncursesw.a
check    bats             bats
check    expect           expect
check    g++              c++
check    binutils         readelf
check    curl             curl
check    less             less
check    libxml2-utils    xmllint
check    mandoc           mandoc
check    pkgconf          pkg-config
check    procps           ps
check    python3          python3
check    socat            socat
check    tmux             tmux
check    util-linux       unshare
check    vim              vim
browser  chromium         chromium
cross    gcc-aarch64-linux-gnu aarch64-linux-gnu-gcc
cross    libc6-dev-arm64-cross /usr/aarch64-linux-gnu/include/stdio.h
hosts    iproute2         ip
hosts    munge            munged
hosts    openssh-client   ssh
hosts    openssh-server   sshd
hosts    slurm-client     srun
hosts    slurmctld        slurmctld
hosts    slurmd           slurmd
jobs     curl             curl
jobs     flac             flac
jobs     jq               jq
jobs     nginx-light      nginx
jobs     openssh-client   ssh
jobs     openssh-server   sshd
jobs     postgresql       postgres
jobs     redis-server     redis-server
jobs     sqlite3          sqlite3
parallel parallel         parallel
deb      dpkg-dev         dpkg-buildpackage
deb      debhelper        dh
check-deb mmdebstrap      mmdebstrap
check-arm64 cpio          cpio
check-arm64 g++-aarch64-linux-gnu aarch64-linux-gnu-g++
check-arm64 mmdebstrap    mmdebstrap
check-arm64 qemu-system-arm qemu-system-aarch64
musl     musl-tools       musl-gcc
musl-program binutils     readelf
musl-program dpkg-dev     dpkg-source
musl-program gnulib       gnulib-tool
valgrind valgrind         valgrind
check-faults  python3     python3
check-hosts   python3     python3
check-mutants gcc         gcov
fuzz     clang            clang
bench    python3          python3
bench-hosts openssh-client ssh
bench-hosts openssh-server sshd
bench-hosts parallel     parallel
model    spin             spin
lint     clang            clang
lint     clang-format     clang-format
lint     clang-tidy       clang-tidy
lint     clang-tools      scan-build
lint     cppcheck         cppcheck
lint     gcc              gcc
lint     mandoc           mandoc
lint     shellcheck       shellcheck
'

# Succeeds if the compiler finds the library FILE.
# shellcheck disable=SC2086  # the variables have words
have_library() {
    for flag in ${LDFLAGS-}; do
        [ ! -e "${flag#-L}/$1" ] || return 0
    done
    [ "$(${CC:-cc} ${CFLAGS-} -print-file-name="$1")" != "$1" ]
}

# Succeeds if this machine has THING. The variables of make choose the compiler and its flags: it may compile for
# another machine. A build without STATIC needs shared libraries.
# shellcheck disable=SC2086  # the variables have words
have() {
    case $1 in
    /*)  [ -e "$1" ] ;;
    *.h) printf '#include <stdio.h>\n#include <%s>\n' "$1" | ${CC:-cc} ${CPPFLAGS-} ${CFLAGS-} -E - >/dev/null 2>&1 ;;
    *.a) if [ -n "${STATIC-1}" ]; then have_library "$1"; else have_library "${1%.a}.so"; fi ;;
    *)   PATH=$PATH:/usr/sbin:$(printf '%s:' /usr/lib/postgresql/*/bin) command -v "$1" >/dev/null ;;
    esac
}

# Prints ":ARCHITECTURE" if the compiler compiles for an architecture of Debian that is not this machine's.
foreign() {
    case $(${CC:-cc} -dumpmachine 2>/dev/null):$(uname -m) in
    aarch64*:x86_64) echo :arm64 ;;
    x86_64*:aarch64) echo :amd64 ;;
    esac
}

# Prints the missing packages of the groups "$@", one on each line.
missing() {
    echo "$table" | while read -r group package thing; do
        case " $* " in *" ${group:-none} "*) have "$thing" || echo "$package $group" ;; esac
    done | sed "s/ build\$/$(foreign)/; s/ .*//" | sort -u
}

# Ends with a sentence if this user cannot install the packages.
check_rights() {
    if ! command -v apt-get >/dev/null; then
        echo "k3thread needs what these Debian packages bring, and there is no apt-get here: $*" >&2
    elif [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
        echo "Install these Debian packages as root, because there is no sudo here: $*" >&2
    else
        return 0
    fi
    exit 1
}

# Fails with a sentence if this machine lacks what each step needs: /dev/null, and a directory for files.
check_machine() {
    if [ ! -c /dev/null ]; then
        echo "There is no device /dev/null here. Make it as root: mknod -m 666 /dev/null c 1 3" >&2
        exit 1
    fi
    [ "$mode" != check ] || return 0
    directory=${TMPDIR:-/tmp}
    # The sockets of the tests are always in /tmp, because a path elsewhere may be too long for them.
    case " $* " in *' check '*) [ -w /tmp ] || directory=/tmp ;; esac
    if [ ! -w "$directory" ]; then
        echo "$directory cannot be written, and the files of make check and make demo are put there." >&2
        exit 1
    fi
}

# Runs a command as root, by sudo if necessary.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Has the servers among the packages not started: the tests start their own.
start_no_servers() {
    policy=/usr/sbin/policy-rc.d
    [ ! -e "$policy" ] || return 0
    # shellcheck disable=SC2064  # the name is known now
    trap "rm -f $policy" EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
}

# The package lists may be absent, or too old to fetch what they name. Another installation may be under way: apt-get
# waits for its lock.
install_packages() {
    export DEBIAN_FRONTEND=noninteractive
    set -- apt-get -o DPkg::Lock::Timeout=600 install -q -y --no-install-recommends "$@"
    if ! find /var/lib/apt/lists -name '*_Packages*' 2>/dev/null | grep -q . || ! as_root "$@"; then
        as_root apt-get update -q
        as_root "$@"
    fi </dev/null
}

mode=install
case ${1-} in
--check | --optional)
    mode=${1#--}
    shift
    ;;
esac
check_machine "$@"

packages=$(missing "$@" | tr '\n' ' ')
packages=${packages% }
[ -n "$packages" ] || exit 0

if [ "$mode" = optional ]; then
    if [ "${INSTALL_DEPS-}" = no ] || [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "Some tests will be skipped, or take longer, for lack of what these Debian packages bring: $packages"
        exit 0
    fi
    start_no_servers
elif [ "$mode" = check ] || [ "${INSTALL_DEPS-}" = no ]; then
    echo "k3thread needs what these Debian packages bring: $packages" >&2
    echo "Install them, or let make demo or make check do it." >&2
    exit 1
fi
check_rights "$packages"
echo "Installing missing packages: $packages"
# shellcheck disable=SC2086  # a list of words
install_packages $packages || [ "$mode" = optional ] || {
    echo "These Debian packages could not be installed: $packages" >&2
    exit 1
}
left=$(missing "$@" | tr '\n' ' ')
[ -z "$left" ] || { echo "Still missing after the install: $left" >&2; [ "$mode" = optional ]; }

#!/bin/sh
# Checks that every header compiles alone, twice in a row; the public header also in the languages of its users.
# headers.sh HEADER…: only these headers.
set -eu
cd "$(dirname "$0")/.."
warnings='-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror'
failed=0

if [ $# = 0 ]; then
    find lib cli tests -name '*.h' | sort | xargs -P "$(nproc)" -n 20 tests/headers.sh || failed=1
    set -- k3thread.h
fi

# Compiles a file that includes only HEADER, with the compiler and flags that follow.
alone() {
    header=$1
    shift
    # shellcheck disable=SC2086  # a list of flags
    printf '#include "%s"\n#include "%s"\n' "$header" "$header" |
        "$@" $warnings -I. -Ilib/include -fsyntax-only - || { echo "not alone: $header ($*)" >&2; failed=1; }
}

for header; do
    if [ "$header" != k3thread.h ]; then
        alone "$header" "${CC:-cc}" -D_GNU_SOURCE -std=gnu11 -x c
        continue
    fi
    for std in c11 c17 gnu11; do
        alone "$header" "${CC:-cc}" -std=$std -pedantic -x c
    done
    for std in c++11 c++17 c++20; do
        alone "$header" "${CXX:-c++}" -std=$std -pedantic -x c++
    done
done
exit $failed

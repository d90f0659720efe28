#!/bin/sh
# Checks that every header compiles alone, twice in a row; the public header also in the languages of its users.
set -eu
cd "$(dirname "$0")/.."
warnings='-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror'
failed=0

# Compiles a file that includes only HEADER, with the compiler and flags that follow.
alone() {
    header=$1
    shift
    # shellcheck disable=SC2086  # a list of flags
    printf '#include "%s"\n#include "%s"\n' "$header" "$header" |
        "$@" $warnings -I. -Ilib/include -fsyntax-only - || { echo "not alone: $header ($*)" >&2; failed=1; }
}

for header in $(find lib cli tests -name '*.h' | sort); do
    alone "$header" "${CC:-cc}" -D_GNU_SOURCE -std=gnu11 -x c
done
for std in c11 c17 gnu11; do
    alone k3thread.h "${CC:-cc}" -std=$std -pedantic -x c
done
for std in c++11 c++17 c++20; do
    alone k3thread.h "${CXX:-c++}" -std=$std -pedantic -x c++
done
exit $failed

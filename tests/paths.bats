#!/usr/bin/env bats
# The documents for developers name files, and each of these files exists.

# shellcheck disable=SC2016  # the backticks are Markdown's

setup() {
  cd "$BATS_TEST_DIRNAME/.." || return
}

# Prints the paths of sources that the document on standard input names. A path may be a pattern.
paths() {
  grep -oP '(?<![\w/-])(cli|lib|tests|man|etc)/[\w./*-]*' | sed 's/[.,]*$//' | sort -u
}

# Prints each path on standard input that does not exist.
missing() {
  while read -r path; do
    compgen -G "$path" >/dev/null || echo "$path"
  done
}

@test "every path in README.md, CONTRIBUTING.md and tests/promises.md exists" {
  for document in README.md CONTRIBUTING.md tests/promises.md; do
    [ -n "$(paths <$document)" ]
    run missing < <(paths <$document)
    [ "$output" = '' ] || { echo "$document: $output" && false; }
  done
}

@test "every link to another document leads to a file" {
  for document in README.md CONTRIBUTING.md; do
    while read -r path; do
      [ -e "$path" ] || { echo "$document: $path" && false; }
    done < <(sed -n 's/.*](\([^):#]*\)[#)].*/\1/p' $document)
  done
}

@test "the check finds a path that does not exist" {
  run missing < <(echo 'See `cli/base/text.h`, cli/base/nothing.h, and tests/*/none.bats.' | paths)
  [ "$output" = $'cli/base/nothing.h\ntests/*/none.bats' ]
}

@test "every file, function and constant that CONTRIBUTING.md names is where it says" {
  run python3 tests/names.py CONTRIBUTING.md
  [ "$status" = 0 ]
  [ "$output" = '' ] || { echo "$output" && false; }
}

@test "the check finds a file, a function and a constant that are not there" {
  run python3 tests/names.py - <<'END'
| `text_add()` in cli/base/text.c | `TEXT_NOWHERE` in cli/base/text.h |
| `text_add()` in cli/base/clock.c | clock.c, klock.c |
END
  [ "$output" = $'TEXT_NOWHERE\nklock.c\ntext_add' ]
}

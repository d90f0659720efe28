#!/usr/bin/env bats
# The manual page k3thread(1), the help and the table of commands agree; and the page's examples work.
# page's examples, run.

# helpers.bash and run set some names.
# shellcheck disable=SC2154

load cli/helpers

page=$BATS_TEST_DIRNAME/../man/k3thread.1

# Prints the table, as "COMMAND -s --long ARGUMENT" lines; "-" stands for a missing part.
options_of_table() {
  k3 help --commands | awk -F'\t' '$1 == "option" { print $2, $3, $4, $5 }'
}

# Prints the page's options in the same form. A section's name is its command; the options above the
# sections are those of the program itself.
options_of_page() {
  script "$page" <<'EOF'
command = "-"
for line in open(sys.argv[1]):
    words = line.replace("\\&", "").split()
    if words[:2] == [".Sh", "COMMANDS"]:
        command = None
    elif words[:1] == [".Sh"] and command != "-":
        break
    elif words[:1] == [".Ss"] and command != "-":
        command = words[1]
    if words[:2] != [".It", "Fl"]:
        continue
    short = long = argument = "-"
    for word, following in zip(words, words[1:]):
        if word == "Fl" and following.startswith("-"):
            long = "-" + following
        elif word == "Fl":
            short = "-" + following
        elif word == "Ar":
            argument = "[%s]" % following if "Oo" in words else following
    print(command, short, long, argument)
EOF
}

@test "the page has a section for each command of the table, in its order" {
  is "$(sed -n '/^\.Sh COMMANDS/,/^\.Sh E/s/^\.Ss //p' "$page" | xargs)" \
    "$(k3 help --commands | awk -F'\t' '$1 == "command" { print $2 }' | xargs)"
}

@test "the page has each option of the table under its command, and no other" {
  # The options that every command has stand in the page once; daemon's are start's, as the page says.
  options_of_table >table
  options_of_page >described
  grep -v -e '^daemon ' table | awk '$1 == "-" || !($3 ~ /^--(help|usage|version)$/)' | sort >expected
  sort described | diff expected -
  is "$(grep -c -e ' -h --help' table)" "$(cut -d' ' -f1 table | sort -u | wc -l)"
}

@test "the page names each alias" {
  k3 help --commands | awk -F'\t' '$1 == "command" && $3 != "-" { print $2, $3 }' >aliases
  while read -r name alias; do
    sed -n "/^\.Ss $name$/,/^\.S/p" "$page" | grep -qx "\.Ic $alias" || { echo "$alias" && false; }
  done <aliases
}

@test "the page shows the usage of each command" {
  k3 help --commands | awk -F'\t' '$1 == "command" { print $2 }' >names
  while read -r name; do
    grep -q "^\.D1 Nm Ic $name\b" "$page" || { echo "no usage of $name" && false; }
  done <names
}

# Only a run with --hosts has the column HOST.
@test "the page lists the columns of the table that list --long prints" {
  k3 start -- true
  is "$(sed -n '/^\.Ss list/,/^\.Ss/s/^\.It \([A-Z][A-Z]\)/\1/p' "$page" | grep -vx HOST | tr -d , | xargs)" \
    "$(k3 list --long | head -n 1 | xargs)"
}

@test "the page lists each exit status" {
  sed -n 's/^ *STATUS_[A-Z_]* *= *\([0-9]*\),.*/\1/p' "$ROOT/cli/base/status.h" | sort -u >statuses
  [ -s statuses ]
  while read -r status; do
    [ "$status" = 128 ] && status='128+N'
    sed -n '/^\.Sh EXIT STATUS/,/^\.Sh EXAMPLES/p' "$page" | grep -qx "\.It $status" ||
      { echo "not in EXIT STATUS: $status" && false; }
  done <statuses
}

@test "the exceptions that the page names are the program's exceptions" {
  sed -n '/^\.Sh EXCEPTIONS/,/^Errors have/s/^\.It \(.*\)/\1/p' "$page" | tr ',' '\n' | tr -d ' .' |
    grep . >named
  [ "$(wc -l <named)" -ge 4 ]
  while read -r name; do
    k3 exceptions | tr -d ' ' | grep -qx "$name" || { echo "no exception $name" && false; }
  done <named
}

@test "the examples of the page work, one after the other" {
  mkdir bin
  ln -s "$K3THREAD" bin/k3thread
  sed -n '/^\.Sh EXAMPLES/,/^\.Sh D/s/^\$ //p' "$page" | sed 's/\\e/\\/g; s/\\(dq/"/g' >examples
  [ "$(wc -l <examples)" -ge 15 ]
  log sh examples
  PATH=$dir/bin:$PATH timeout -s KILL "$DEADLINE" sh -eux examples >out 2>&1 || { cat out && false; }
  grep -x 'nap ended with 143' out
  grep -x one out
  grep -x BEGAN out
  [ ! -e "$K3THREAD_SOCKET" ]
}

@test "mandoc finds no fault in the pages" {
  # The pages that they refer to may be missing on this machine.
  mandoc -T lint "$ROOT"/man/*.[1-8] | grep -v -e 'referenced manual not found' -e 'outdated mandoc.db' >faults || :
  is "$(cat faults)" ''
}

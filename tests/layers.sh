#!/bin/sh
# Checks which files include which. A folder is a layer: its files may include the system's headers, each
# other, and the folders that its line names. No files include each other in a circle, where a file
# and the header of its name count as one: so a header must declare no function of another file.
set -eu
cd "$(dirname "$0")/.."

# Prints the folders that FILE may include.
allowed() {
    case $1 in
    # What the library and the program both read and write: code in headers alone, as each has its own copy.
    lib/json/*)        ;;
    # The library knows nothing above it, and the program only its public header and lib/json.
    lib/*)             echo lib lib/include lib/json ;;
    cli/base/*)        echo lib/include ;;
    cli/rpc/*)         echo cli/base lib/json ;;
    cli/place/*)       echo cli/base ;;
    # The quick way: a client that ends before the C library has begun.
    cli/quick/*)       echo cli/view cli/client cli/place cli/rpc cli/base ;;
    # A supervisor: its processes, the probes, the threads, and the server that clients talk to.
    cli/process/*)     echo cli/base ;;
    cli/terminal/*)    echo cli/base ;;
    cli/ready/*)       echo cli/process cli/place cli/base lib/include ;;
    cli/worker/*)      echo cli/ready cli/terminal cli/process cli/place cli/rpc cli/base lib/include ;;
    cli/server/*)      echo cli/worker cli/ready cli/terminal cli/process cli/place cli/rpc cli/base lib/include ;;
    cli/supervisor/*)  echo cli/server cli/worker cli/process cli/place cli/base ;;
    cli/client/*)      echo cli/place cli/rpc cli/base ;;
    # Other machines: the agent there, and the process of a run that speaks with the agents.
    cli/remote/*)      echo cli/client cli/place cli/rpc cli/base ;;
    cli/view/*)        echo cli/place cli/rpc cli/base ;;
    # A program of its own, which the supervisor starts: all it has of the others is the shared library.
    cli/host/*)        echo lib/include ;;
    # Two commands run a supervisor; every other command is a client.
    cli/commands/supervise.c) echo cli/supervisor cli/client cli/place cli/base ;;
    cli/script/run.c)  echo cli/supervisor cli/commands cli/view cli/remote cli/place cli/base ;;
    # The full-screen view of the command top.
    cli/top/*)         echo cli/process cli/view cli/terminal cli/client cli/place cli/rpc cli/base lib/include ;;
    cli/commands/agent.c) echo cli/remote cli/base ;;
    cli/commands/*)    echo cli/top cli/view cli/terminal cli/client cli/place cli/rpc cli/base lib/include ;;
    cli/script/*)      echo cli/commands cli/view cli/remote cli/client cli/place cli/rpc cli/base ;;
    cli/*)             echo cli/quick cli/commands cli/client cli/base ;;
    esac
}

# Prints each include that is not allowed.
forbidden() {
    last=
    find lib cli -name '*.[chS]' -exec grep -H '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' {} + |
        sed 's/:[^"]*"/ /; s/".*//' | sort -s -k 1,1 | while read -r file header; do
        [ "$file" = "$last" ] || layers=$(allowed "$file")
        last=$file
        case $header in
        k3thread.h) above=lib/include ;;
        */*) above=${header%/*} ;;
        *) above=lib ;;
        esac
        case " ${file%/*} $layers " in
        *" $above "*) ;;
        *) echo "$file must not include \"$header\"" ;;
        esac
    done
    # Angle brackets are for the system's headers; they must not evade this check.
    find lib cli -name '*.[chS]' \
        -exec grep -Hn '#[[:space:]]*include[[:space:]]*<\(k3thread\.h\|cli/\|lib/\)' {} +
}

# Prints each pair of files of which the first includes the second, without their suffixes.
pairs() {
    find lib cli -name '*.[chS]' -exec grep -H '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' {} + |
        sed -E -e 's/:[^"]*"/ /; s/".*//' -e 's, k3thread\.h$, lib/include/k3thread.h,' \
            -e 's, ([^/ ]*)$, lib/\1,' -e 's/\.[chS] / /; s/\.h$//' -e '/^(.*) \1$/d'
}

# Prints the files of each circle, one circle a line.
circles() {
    pairs | tsort 2>&1 >/dev/null | sed -n 's/^tsort: //p' | awk '
        function flush() {
            if (circle != "") print "a circle of includes:" circle
            circle = ""
        }
        / loop:$/ { flush(); next }
        { circle = circle " " $0 }
        END { flush() }'
}

# Prints each function that a header declares, and the source file of the header's name does not define. A declaration
# and a definition begin at the start of a line. The C libraries declare _dl_find_object, not all define it.
undefined() {
    find lib cli -name '*.h' | while read -r header; do
        [ ! -f "${header%.h}.c" ] || awk -v header="$header" '
            !/^[A-Za-z_].*[ *][A-Za-z0-9_]+\(/ || /^(static|typedef) / { next }
            {
                gsub(/__attribute__\(\([^()]*(\([^()]*\))?\)\) */, "")
                sub(/\(.*/, ""); sub(/.*[ *]/, "")
                if (FILENAME == header) declared[$0]; else defined[$0]
            }
            END {
                for (name in declared)
                    if (!(name in defined) && name != "_dl_find_object")
                        print header " declares " name "(), which is not defined beside it"
            }' "$header" "${header%.h}.c"
    done
}

findings=$(
    forbidden || true # grep has found nothing in angle brackets
    circles
    undefined
)
[ -z "$findings" ] || { echo "$findings" >&2; exit 1; }

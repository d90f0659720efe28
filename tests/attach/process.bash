# shellcheck shell=bash
# process.py, a process that speaks the protocol of attached processes itself.

# begin NAME BEHAVIOUR [OPTION…]: starts process.py as a thread, and waits until it is attached.
begin() {
  local name=$1 behaviour=$2
  shift 2
  # shellcheck disable=SC2153  # helpers.bash sets them
  k3 start -n "$name" --grace 0.2 "$@" -- "$PYTHON" -I -S -B "$ROOT/tests/attach/process.py" "$behaviour"
  wait_for_file attached
}

is_field() {
  [ "$(k3_field "$1" "$2")" = "$3" ]
}

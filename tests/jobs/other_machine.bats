#!/usr/bin/env bats
# Threads on another machine, by the real ssh: -H HOST. The server is one of the test's own on the loopback
# interface, and its logins find k3thread and a supervisor of their own.

# shellcheck disable=SC1003,SC2016,SC2094,SC2154

load job
load ../sshd

# An ssh server for this user alone; `ssh server` reaches it, with the ssh in $dir/bin.
start_sshd() {
  needs sshd ssh ssh-keygen
  free_ports SSH
  mkdir home
  make_ssh_keys
  sshd_config sshd_config "127.0.0.1:$SSH" "SetEnv K3THREAD_SOCKET=$dir/there.sock PATH=$PATH HERE=$dir LOGIN=remote"
  printf 'Host gone\nPort 1\n' >>ssh_config
  ssh_host 'server gone' 127.0.0.1 "Port $SSH"
  ssh_host shared 127.0.0.1 "Port $SSH" 'ControlMaster auto' "ControlPath $dir/mux" 'ControlPersist 60'
  file bin/ssh 755 <<END
#!/bin/sh
exec $(command -v ssh) -F $dir/ssh_config "\$@"
END
  K3THREAD_SOCKET=$dir/near.sock k3thread daemon --name sshd --ready "tcp:127.0.0.1:$SSH" -- \
    "$(command -v sshd)" -D -e -f "$dir/sshd_config"
  K3THREAD_SOCKET=$dir/near.sock k3thread join --ready sshd
  ssh server true || skip 'this user cannot log in here'
  unset K3THREAD_SOCKET
}

end_both() {
  k3thread -H server shutdown --now
  K3THREAD_SOCKET=$dir/near.sock k3thread shutdown --now
}

@test "a command of another machine: start, list, logs, raise and join by ssh" {
  start_sshd
  k3thread -H server start --name web -e A='a "b" $c' -- sh -c 'echo "$LOGIN $A"; pwd; exec sleep 1000'
  like "$(k3thread -H server list)" '*web*running*'
  wait_until "$DEADLINE" grep -q remote <(k3thread -H server logs web)
  is "$(k3thread -H server logs web | head -n 1)" 'remote a "b" $c'
  k3thread -H server raise web
  run -143 k3thread -H server join web
  run -3 k3thread -H server start --wait -- sh -c 'echo out; exit 3'
  is "$output" out
  seq 300000 >wanted
  k3thread -H server start --wait -- seq 300000 | cmp - wanted
  k3thread -H server start --wait --input -- cat <wanted | cmp - wanted
  run -69 k3thread -H gone list
  like "${lines[0]}" 'ssh: connect to host 127.0.0.1 port 1: Connection refused*'
  like "${lines[1]}" "k3thread: list: no connection to 'gone': ssh ended with status 255"
  end_both
}

@test "one connection of ssh serves many commands, and none of them ends it" {
  start_sshd
  k3thread -H shared start --name web -- sh -c 'echo up; exec sleep 1000'
  ssh -O check shared
  in_background following k3thread -H shared logs -f web
  wait_for_file following.out
  for _ in {1..10}; do
    is "$(k3thread -H shared list -q)" 1
  done
  kill -KILL "${background[following]}"
  finish following 137
  ssh -O check shared
  k3thread -H shared raise web
  ssh -O exit shared
  end_both
}

# The processes of ssh and of proxy that this test has started.
left() {
  pgrep -f "ssh -F $dir/ssh_config server" || pgrep -x k3thread -s 0 -f 'k3thread proxy'
}

@test "Ctrl-C of start --wait reaches the thread, and no ssh stays" {
  start_sshd
  in_background waiting setsid --wait k3thread -H server start --wait --name w -- \
    sh -c 'trap "echo asked; exit 9" INT; echo up; while :; do sleep 0.05; done'
  wait_until "$DEADLINE" grep -q up waiting.out
  # As a terminal does: to the whole foreground group, of which ssh is a member.
  kill -INT -- "-$(pgrep -f "^k3thread -H server start --wait --name w")"
  finish waiting '*'
  like "$(k3thread -H server list w)" '*KeyboardInterrupt*'
  is "$(cat waiting.out)" $'up\nasked'
  wait_until "$DEADLINE" none_left
  end_both
}

none_left() {
  ! left >/dev/null
}

@test "a connection that breaks in the middle is reported, and nothing stays here or there" {
  start_sshd
  k3thread -H server start --name web -- sh -c 'echo up; exec sleep 1000'
  in_background joining k3thread -H server join web
  wait_until "$DEADLINE" has_child "${background[joining]}"
  k3thread -H server list >/dev/null
  in_background following k3thread -H server logs -f web
  wait_for_file following.out
  # The server's side of all sessions.
  pkill -KILL -f "sshd: $(id -un)@notty" --parent "$(K3THREAD_SOCKET=$dir/near.sock k3_field sshd pid)" ||
    pkill -KILL --parent "$(K3THREAD_SOCKET=$dir/near.sock k3_field sshd pid)"
  finish joining 125
  like "$(cat joining.err)" "*k3thread: join: the connection to 'server' broke"
  finish following 1
  wait_until "$DEADLINE" none_left
  like "$(k3thread -H server list)" '*web*running*'
  end_both
}

has_child() {
  pgrep -P "$1" >/dev/null
}

@test "a terminal of another machine" {
  start_sshd
  needs tmux
  k3thread -H server start --name sh --tty -e PS1='there> ' -- sh
  tmux -S "$dir/tmux" -f /dev/null new-session -d -x 80 -y 24 "$K3THREAD -H server attach sh; echo left; exec sleep 1000"
  wait_until "$DEADLINE" shows 'there>'
  # attach makes the terminal narrower for a moment, so that the program draws.
  tmux -S "$dir/tmux" send-keys 'until [ "$(stty size)" = "24 80" ]; do :; done; echo $LOGIN $TERM' Enter
  wait_until "$DEADLINE" shows "remote ${TERM:-xterm}"
  tmux -S "$dir/tmux" send-keys 'C-\' d
  wait_until "$DEADLINE" shows left
  tmux -S "$dir/tmux" kill-server
  like "$(k3thread -H server list sh)" '*running*'
  end_both
}

shows() {
  tmux -S "$dir/tmux" capture-pane -p | grep -qF -- "$1"
}

#!/usr/bin/env bats
# A tunnel that several scripts share: the first that needs it opens it, and the others find it.

# shellcheck disable=SC2016,SC2154

load job
load ../sshd

# An ssh server for this user alone, at the port SSH; `ssh -F ssh_config server` reaches it.
start_sshd() {
  needs sshd ssh ssh-keygen curl
  free_ports SSH TUNNEL WEB
  make_ssh_keys
  sshd_config sshd_config "127.0.0.1:$SSH"
  ssh_host server 127.0.0.1 "Port $SSH" 'ExitOnForwardFailure yes'
  echo 'behind the tunnel' >page
  k3thread daemon --name web --ready "tcp:127.0.0.1:$WEB" -- python3 -m http.server --bind 127.0.0.1 "$WEB"
  k3thread daemon --name sshd --ready "tcp:127.0.0.1:$SSH" -- "$(command -v sshd)" -D -e -f "$dir/sshd_config"
  k3thread join --ready web sshd
  ssh -F ssh_config server true || skip 'this user cannot log in here'
}

@test "five scripts at the same time share one tunnel, which a broken connection does not end" {
  start_sshd
  file use 755 <<'END'
#!/bin/sh
k3thread daemon --if-absent --name tunnel --restart always --ready tcp:127.0.0.1:$TUNNEL -- \
    ssh -N -F ssh_config -L 127.0.0.1:$TUNNEL:127.0.0.1:$WEB server >/dev/null
k3thread join --ready --timeout 20 tunnel
curl -fsS "http://127.0.0.1:$TUNNEL/page"
END
  for n in 1 2 3 4 5; do
    in_background "use$n" ./use
  done
  for n in 1 2 3 4 5; do
    finish "use$n"
    is "$(cat "use$n.out")" 'behind the tunnel'
  done
  is "$(k3thread list --quiet tunnel | wc -l)" 1

  kill -KILL "$(k3_field tunnel pid)"
  wait_until "$DEADLINE" ./use
  k3thread shutdown
}

@test "a tunnel on a leash ends with the script that opened it, even if that is killed" {
  start_sshd
  file work 755 <<'END'
#!/bin/sh
k3thread start --name tunnel --leash $$ --ready tcp:127.0.0.1:$TUNNEL -- \
    ssh -N -F ssh_config -L 127.0.0.1:$TUNNEL:127.0.0.1:$WEB server >/dev/null
k3thread join --ready --timeout 20 tunnel
curl -fsS "http://127.0.0.1:$TUNNEL/page" >copy
exec sleep 1000
END
  in_background work ./work
  wait_for_file copy
  kill -KILL "${background[work]}"
  finish work 137
  wait_for_state tunnel ended
  is "$(k3_field tunnel exception)" SystemExit
  is "$(cat copy)" 'behind the tunnel'
}

# shellcheck shell=bash
# An ssh server of a test's own. Its files are in the test's directory: the keys of the server and of its only user,
# sshd_config, and ssh_config for the client.

# shellcheck disable=SC2154  # dir is that of helpers.bash

# Makes the keys, and an empty ssh_config.
make_ssh_keys() {
  mkdir -p /run/sshd 2>/dev/null || :
  ssh-keygen -q -t ed25519 -N '' -f host_key
  ssh-keygen -q -t ed25519 -N '' -f key
  cp key.pub authorized_keys
  : >ssh_config
}

# sshd_config FILE ADDRESS [LINE…]: writes the configuration of a server that listens at ADDRESS.
sshd_config() {
  local file=$1 address=$2
  shift 2
  printf '%s\n' "ListenAddress $address" "HostKey $dir/host_key" "AuthorizedKeysFile $dir/authorized_keys" \
    'PidFile none' 'StrictModes no' 'UsePAM no' "$@" >"$file"
}

# ssh_host NAME ADDRESS [LINE…]: adds a server to ssh_config.
ssh_host() {
  local name=$1 address=$2
  shift 2
  printf '%s\n' "Host $name" "HostName $address" "User $(id -un)" "IdentityFile $dir/key" \
    'StrictHostKeyChecking no' 'UserKnownHostsFile /dev/null' 'LogLevel ERROR' "$@" >>ssh_config
}

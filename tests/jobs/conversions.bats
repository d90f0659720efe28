#!/usr/bin/env bats
# Two hundred conversions of audio files: some fail, and are found and run again.

# shellcheck disable=SC2154

load job

# Prints how many files fit the pattern.
count() {
  compgen -G "$1" | wc -l
}

@test "of 200 conversions, those that failed are found, and only those are run again" {
  needs flac
  "$PYTHON" -I -S -c '
import wave
for n in range(200):
    with wave.open(f"take {n}.wav", "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(range(256)) * 8)'
  for n in 17 42 99; do
    cp "take $n.wav" "good $n"
    echo 'no audio' >"take $n.wav"
  done

  run -1 bash -c "$(command_of_readme 'A queue of jobs' 1)"
  like "$output" '*run: 197 ok, 3 failed, *take 17.wav *exit 1*take 42.wav *take 99.wav *'
  is "$(count '*.flac')" 197
  grep "ERROR" 'logs/take 42.wav.log'
  is "$(jq -r '.threads[] | select(.failed).name' result.json)" $'take 17.wav\ntake 42.wav\ntake 99.wav'

  for n in 17 42 99; do
    mv "good $n" "take $n.wav"
  done
  again=$(command_of_readme 'A queue of jobs' 2)
  run -0 bash -c "$again"
  like "$output" '*run: 3 ok, *'
  is "$(count '*.flac')" 200
  run -0 bash -c "$again"
  is "$output" 'k3thread: run: no thread failed in result.json'
  flac --silent --test ./*.flac
}

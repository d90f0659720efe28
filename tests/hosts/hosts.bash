# shellcheck shell=bash
# What the tests of other machines share.

# shellcheck disable=SC2154

load ../script/runs


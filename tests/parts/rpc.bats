#!/usr/bin/env bats
# JSON: how requests and replies are written and read.

load ../cli/helpers

@test "the first byte that is not plain is found wherever it stands" { "$PARTS/rpc/json" plain-bytes; }
@test "base64 has one text for each sequence of bytes" { "$PARTS/rpc/json" base64; }
@test "strings are written as JSON requires" { "$PARTS/rpc/json" strings; }
@test "the escapes of a string are taken out, or the string is left to the parser" { "$PARTS/rpc/json" escapes; }
@test "the reader of a line with a table agrees with the parser of JSON" { "$PARTS/rpc/json" tables; }
@test "a long table is not parsed, but copied once" {
  "$PARTS/rpc/json" long-tables
  "$PARTS/rpc/json" no-copy
}
@test "the fast parser of JSON reads as jansson does, or leaves the text to it" { "$PARTS/rpc/json" plain-json; }
@test "JSON that is not read for lack of memory is not called wrong, and the next text is read" {
  "$PARTS/rpc/json" memory
}

@test "members of objects, requests and notifications are written as the protocol has them" {
  "$PARTS/rpc/members" members
  "$PARTS/rpc/members" envelopes
  "$PARTS/rpc/members" states
  "$PARTS/rpc/members" values
  "$PARTS/rpc/members" escapes
}
@test "bytes that are no text of JSON are in base64" {
  "$PARTS/rpc/members" bytes
  "$PARTS/rpc/members" no-bytes
}
@test "JSON that is not written for lack of memory has failed" {
  "$PARTS/rpc/members" copy
  "$PARTS/rpc/members" memory
}

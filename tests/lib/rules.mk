# The library's tests: what is compiled otherwise than the rest. See tests/lib/*.bats.

# The same file with and without landing pads.
$(BUILD)/tests/lib/cleanup_plain.c.o: TEST_CFLAGS = -fno-exceptions

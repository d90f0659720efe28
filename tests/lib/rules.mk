# The library's tests: what is compiled otherwise than the rest. See tests/lib/*.bats.

# The same file with and without landing pads.
$(BUILD)/tests/lib/cleanup_plain.c.o: TEST_CFLAGS = -fno-exceptions

# A checkpoint on every edge; the hook is in an archive of its own.
SAFEPOINT_CFLAGS := -fsanitize-coverage=trace-pc$(if $(findstring clang,$(shell $(CC) --version)),$(comma)no-prune)

$(BUILD)/tests/lib/safepoint.c.o: TEST_CFLAGS = $(SAFEPOINT_CFLAGS)
$(BUILD)/tests/lib/safepoint: TEST_LIBS = $(SAFEPOINT)

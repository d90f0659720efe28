# Failing system calls are injected by a preloaded library, into a program that is not static.

FAULTS := $(BUILD)/tests/faults
TEST_PROGRAMS += $(FAULTS)/k3thread $(FAULTS)/fail.so

$(FAULTS)/k3thread: $(CLI_OBJECTS) $(STATICLIB) $(BUILD)/flags
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(K3_CFLAGS) -pie $(CLI_WRAPS) $(K3_LDFLAGS) -o $@ $(CLI_OBJECTS) $(STATICLIB) $(SHARED_LIBS)

# It defines functions that the headers would otherwise make inline functions.
$(FAULTS)/fail.so: tests/faults/fail.c $(BUILD)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(K3_CPPFLAGS) $(K3_CFLAGS) -U_FORTIFY_SOURCE -Wno-nonnull -Wno-pedantic -fPIC -shared \
		$(LDFLAGS) -o $@ $<

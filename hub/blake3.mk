# BLAKE3, the official C library: the system's, which has the vector code, else
# the sources that Debian's librust-blake3-dev carries, with their assembly.
# test/deps has said what to install if neither is there.
BLAKE3_DIR := $(lastword $(sort $(wildcard /usr/share/cargo/registry/blake3-*/c)))
ifeq ($(shell $(PKG_CONFIG) --exists libblake3 2>&- && echo yes),yes)
PKGS += libblake3
else ifneq ($(BLAKE3_DIR),)
BLAKE3_INCLUDE := -isystem $(BLAKE3_DIR)
BLAKE3 := blake3 blake3_dispatch blake3_portable
MACHINE := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
ifeq ($(MACHINE),x86_64)
BLAKE3 += $(patsubst %,blake3_%_x86-64_unix,sse2 sse41 avx2 avx512)
else ifneq ($(filter aarch64 arm64,$(MACHINE)),)
BLAKE3 += blake3_neon
BLAKE3_DEFINES := -DBLAKE3_USE_NEON=1
else
$(warning BLAKE3 has no vector code for $(MACHINE): hashing will be slow)
endif
endif

# Not sanitized: its look at the processor is a race without consequences.
$(B)/blake3/%.o: $(BLAKE3_DIR)/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) -w $(CFLAGS) $(BLAKE3_DEFINES) -c -o $@ $<
$(B)/blake3/%.o: $(BLAKE3_DIR)/%.S
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

# hffs. `make help` lists the goals.
#:  make              build/hffs and build/hffs-nfs (installs nothing)
#:  make demo         mount a repo of a local Hub and look round
#:  make test         everything; T=unit/test_buf, T=e2e runs a part
#:  make bench        figures, also as build/bench.json
#:  make soak         hours of load and faults; MINUTES=30
#:  make lint         clang-tidy, cppcheck, shellcheck, sizes, layers
#:  make fuzz         libFuzzer on every parser; F=fuzz_rpc SECONDS_EACH=60
#:  make check-macos  compile for macOS
#:  make install      to PREFIX (/usr/local), below DESTDIR; make uninstall
#:  make unit, layers, format, deps, clean
#: SAN=address (with UBSan and leaks) or SAN=thread: in build/address, ...
#: V=1: show the commands
DRY_RUN := $(findstring n,$(firstword -$(MAKEFLAGS)))
MAKEFLAGS += --no-builtin-rules
ifeq ($(findstring -j,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell getconf _NPROCESSORS_ONLN || echo 2)
endif
VERSION := 0.1.0
B := build
OS := $(if $(filter Darwin,$(shell uname -s)),darwin,linux)
CC := $(if $(filter default undefined,$(origin CC)),cc,$(CC))
CFLAGS ?= -O2 -g
GOALS := $(or $(MAKECMDGOALS),all)

SAN ?= $(if $(filter fuzz,$(GOALS)),fuzz)
ifneq ($(SAN),)
B := build/$(SAN)
CC := $(if $(filter fuzz,$(SAN)),clang,$(CC))
sanitizers_address := address,undefined
sanitizers_thread := thread
sanitizers_fuzz := fuzzer-no-link,address,undefined
SANFLAGS := -fsanitize=$(sanitizers_$(SAN)) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
endif

# What is missing: these goals install it first, all but a few need it.
INSTALL_FOR := $(filter demo test bench soak,$(GOALS))
ifneq ($(filter-out clean deps format help layers uninstall,$(GOALS)),)
ifneq ($(if $(DRY_RUN),,$(INSTALL_FOR)),)
$(shell test/deps install build $(INSTALL_FOR) >&2)
endif
MISSING := $(shell test/deps check build $(GOALS))
ifneq ($(MISSING),)
$(error $(MISSING))
endif
endif

# Homebrew keeps libraries that macOS also has apart; macOS brings Sun RPC.
BREW := $(if $(filter darwin,$(OS)),$(shell brew --prefix))
KEGS := $(subst $() ,:,$(patsubst %,$(BREW)/opt/%/lib/pkgconfig,openssl@3 curl sqlite))
PKG_CONFIG := $(if $(BREW),PKG_CONFIG_PATH=$(KEGS)) pkg-config
PKGS := libcurl libcjson libuv libmicrohttpd sqlite3 libcrypto yaml-0.1 liblz4 $(if $(BREW),,libtirpc)
include hub/blake3.mk
INCLUDES := $(if $(BREW),-isystem $(BREW)/include) $(BLAKE3_INCLUDE) $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>&-)
LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>&-) -lm -lpthread
DEFINES := -std=c11 -D_GNU_SOURCE -DHFFS_VERSION='"$(VERSION)"' -I. -I$(B)
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2
Q := $(if $(V),,@)
COMPILE = $(Q)$(if $(V),,$(info cc $@))$(CC) $(DEFINES) $(INCLUDES) $(WARN) $(CFLAGS) $(SANFLAGS) -MMD -MP
LINK = $(Q)$(if $(V),,$(info ld $@))$(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^)

LAYERS := base hub cache vfs nfsd cli
OTHER_OS := %_$(if $(filter linux,$(OS)),darwin,linux).c
SRC := $(filter-out $(OTHER_OS),$(wildcard $(LAYERS:%=%/*.c)))
XDR := $(patsubst %.x,$(B)/%,$(wildcard xdr/*.x))
OBJ := $(SRC:%.c=$(B)/%.o) $(XDR:%=%_xdr.o) $(BLAKE3:%=$(B)/blake3/%.o)
LIB := $(B)/libhffs.a

programs = $(patsubst %.c,$(B)/%,$(wildcard $(1)))
UNIT := $(call programs,test/unit/test_*.c test/cli/test_*.c)
PROTO := $(call programs,test/proto/*.c)
FUZZ := $(call programs,test/fuzz/fuzz_*.c)
BENCH := $(addprefix $(B)/test/bench/,load limits heads xet)
TESTLIB := $(B)/libtest.a
SHIM := $(if $(filter linux,$(OS)),build/guest/xstate.so)

.SECONDARY:
.PHONY: all unit test-programs
all: $(B)/hffs $(B)/hffs-nfs
unit: $(UNIT)
test-programs: all $(UNIT) $(PROTO) $(BENCH) $(FUZZ) $(SHIM)

$(B)/hffs: $(OBJ)
	$(LINK) $(LIBS)
$(B)/hffs-nfs: $(B)/hffs
	ln -sf hffs $@
$(LIB): $(filter-out $(B)/cli/main.o,$(OBJ))
$(TESTLIB): $(addsuffix .o,$(call programs,test/lib/*.c))
$(LIB) $(TESTLIB):
	$(Q)rm -f $@ && ar rcs $@ $^
$(B)/%.o: %.c | $(XDR:%=%.h)
	@mkdir -p $(@D)
	$(COMPILE) -c -o $@ $<
# Generated C has its own, relaxed warnings.
$(B)/xdr/%.h: xdr/%.x
	@mkdir -p $(@D)
	$(Q)rm -f $@ && rpcgen -N -M -h -o $@ $<
$(B)/xdr/%_xdr.c: xdr/%.x $(B)/xdr/%.h
	$(Q)rm -f $@ && cd $(<D) && rpcgen -N -M -c -o $(abspath $@) $(<F)
$(B)/xdr/%.o: $(B)/xdr/%.c
	$(Q)$(CC) -std=gnu11 -w $(CFLAGS) $(SANFLAGS) -I$(B)/xdr $(INCLUDES) -c -o $@ $<

$(UNIT): %: %.o $(TESTLIB) $(LIB)
	$(LINK) $(LIBS) $(shell $(PKG_CONFIG) --libs cmocka)
$(PROTO): %: %.o $(TESTLIB) $(LIB)
	$(LINK) $(LIBS) $(shell $(PKG_CONFIG) --libs libnfs)
$(BENCH): %: %.o $(LIB)
	$(LINK) $(LIBS)
$(B)/test/bench/load: $(addsuffix .o,$(call programs,test/bench/load_*.c))
# A harness gets libFuzzer, or a main of ours that replays its corpus.
$(FUZZ): %: %.o $(if $(filter fuzz,$(SAN)),,$(B)/test/fuzz/replay.o) $(LIB)
	$(LINK) $(if $(filter fuzz,$(SAN)),-fsanitize=fuzzer) $(LIBS)
build/guest/xstate.so: test/guest/xstate.c
	@mkdir -p $(@D)
	$(CC) -std=c11 $(WARN) -O2 -fPIC -shared -o $@ $<

.PHONY: demo test bench soak fuzz lint layers check-macos format deps help install uninstall clean
demo: all $(SHIM)
	demo/run
test: test-programs
	B=$(B) test/run $(T)
bench: all $(BENCH)
	B=$(B) test/bench/run
soak: all $(BENCH)
	B=$(B) test/soak/run
fuzz: $(FUZZ)
	B=$(B) test/fuzz/run $(F)
lint: layers $(OBJ)
	B=$(B) CPPFLAGS="$(subst ",\",$(DEFINES) $(INCLUDES))" test/lint/run
layers:
	test/lint/layers
check-macos: $(XDR:%=%.h)
	B=$(B) test/macos/t_compile.sh
format:
	clang-format -i $(wildcard $(LAYERS:%=%/*.[ch]) test/*/*.[ch])
deps:
	@test/deps list

install: all
	B=$(B) DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" doc/install
uninstall:
	DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" doc/install --remove
clean:
	rm -rf build
help:
	@sed -n 's/^#: *//p' Makefile

-include $(shell find $(LAYERS:%=$(B)/%) $(B)/test -name '*.d' 2>&-)

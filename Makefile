# hffs. `make` builds build/hffs and build/hffs-nfs; `make help` lists the rest.
MAKEFLAGS += --no-builtin-rules
SHELL := /bin/bash
B := build
OS := $(if $(filter Darwin,$(shell uname -s)),darwin,linux)
PREFIX ?= /usr/local
DESTDIR ?=
VERSION := 0.1.0
CC := $(if $(filter default undefined,$(origin CC)),cc,$(CC))
PKGS := libtirpc libcurl libcjson libuv libmicrohttpd sqlite3 libcrypto

# SAN=address (with UBSan) or SAN=thread: a build of its own beside the others.
ifneq ($(SAN),)
B := build/$(SAN)
SANFLAGS := -fsanitize=$(SAN)$(if $(filter address,$(SAN)),$(comma)undefined) -fno-omit-frame-pointer -fno-sanitize-recover=all
endif
comma := ,

ifeq ($(filter clean help deps lint format layers,$(MAKECMDGOALS)),)
MISSING := $(shell test/deps check $(PKGS))
ifneq ($(MISSING),)
ifeq ($(filter demo test bench soak,$(MAKECMDGOALS)),)
$(error $(MISSING))
endif
endif
endif

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -DHFFS_VERSION='"$(VERSION)"' $(WARN) $(CFLAGS) $(SANFLAGS) -I. -I$(B) $(shell pkg-config --cflags $(PKGS)) -MMD -MP
ALL_LIBS = $(LDFLAGS) $(shell pkg-config --libs $(PKGS)) -lm -lpthread

LAYERS := base hub cache vfs nfsd cli
SRC := $(filter-out %_linux.c %_darwin.c,$(wildcard $(LAYERS:%=%/*.c))) $(wildcard $(LAYERS:%=%/*_$(OS).c))
GEN := $(B)/xdr/nfs3_xdr.c $(B)/xdr/mount3_xdr.c
OBJ := $(SRC:%.c=$(B)/%.o) $(GEN:%.c=%.o)
LIBOBJ := $(filter-out $(B)/cli/main.o,$(OBJ))
UNIT := $(patsubst test/unit/%.c,$(B)/test/%,$(wildcard test/unit/test_*.c))

.PHONY: all
all: $(B)/hffs $(B)/hffs-nfs

$(B)/hffs: $(OBJ)
	$(CC) $(CFLAGS) $(SANFLAGS) -o $@ $^ $(ALL_LIBS)
$(B)/hffs-nfs: $(B)/hffs
	ln -sf hffs $@
$(B)/libhffs.a: $(LIBOBJ)
	rm -f $@ && ar rcs $@ $^
$(B)/%.o: %.c | $(GEN:%.c=%.h)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

# Generated C has its own, relaxed warnings.
$(B)/xdr/%.h: xdr/%.x
	@mkdir -p $(@D)
	rm -f $@ && rpcgen -N -M -h -o $@ $<
$(B)/xdr/%_xdr.h: $(B)/xdr/%.h
	@touch $@
$(B)/xdr/%_xdr.c: xdr/%.x $(B)/xdr/%.h
	rm -f $@ && cd $(<D) && rpcgen -N -M -c -o $(abspath $@) $(<F)
$(B)/xdr/%.o: $(B)/xdr/%.c
	$(CC) -std=gnu11 -O2 -g -w $(SANFLAGS) -I$(B)/xdr $(shell pkg-config --cflags libtirpc) -c -o $@ $<

$(B)/test/%: test/unit/%.c $(B)/libhffs.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $< $(B)/libhffs.a $(ALL_LIBS) -lcmocka

.PHONY: unit
unit: $(UNIT)

.PHONY: format
format:
	clang-format -i $(wildcard $(LAYERS:%=%/*.[ch]) test/*/*.[ch])

.PHONY: clean
clean:
	rm -rf build

-include $(OBJ:.o=.d)

#!/bin/bash
# Every file that is meant to run on macOS compiles for it.
#
# test: timeout 600
# The compiler is zig cc (PyPI's ziglang), which brings macOS's own headers;
# those of the libraries are the ones installed here, in a folder of links, so
# that nothing else of this system is seen. Skipped where neither a copy in
# build/macos nor the package can be had.
# shellcheck source=test/kit/tap.sh
. "$(dirname "$0")/../kit/tap.sh"
cd "$(dirname "$0")/../.." || exit 1
version=0.17.0
place=$PWD/build/macos
python=$place/venv/bin/python

if ! "$python" -c 'import ziglang' 2>/dev/null; then
    { python3 -m venv "$place/venv" &&
        "$python" -m pip install -q "ziglang==$version"; } >&2 ||
        skip_all "no ziglang $version from PyPI"
fi
[ "$(uname -s)" = Linux ] || skip_all "this is macOS: build there"

rm -rf "$place/include" && mkdir -p "$place/include/openssl"
find_header() { # a name below some include folder of this system
    for dir in /usr/include "/usr/include/$(cc -print-multiarch)" \
        /usr/local/include /usr/share/cargo/registry/blake3-*/c; do
        [ ! -e "$dir/$1" ] || echo "$dir/$1"
    done
}
for name in uv.h uv curl cjson microhttpd.h sqlite3.h uthash.h xxhash.h \
    lz4.h blake3.h yaml.h; do
    found=$(find_header $name | head -n 1)
    [ -n "$found" ] || skip_all "no header $name here"
    ln -s "$found" "$place/include/$name"
done
for dir in $(find_header openssl); do
    ln -sf "$dir"/* "$place/include/openssl/"
done

# Sun RPC comes from libtirpc here, from the system there. Both it and macOS's
# netdb.h define struct rpcent.
mkdir "$place/include/rpc"
ln -s "$(find_header tirpc)"/rpc/* "$place/include/rpc/"
rm "$place/include/rpc/rpcent.h"
echo '#include <netdb.h>' >"$place/include/rpc/rpcent.h"

export ZIG_LOCAL_CACHE_DIR=$place/cache ZIG_GLOBAL_CACHE_DIR=$place/cache
flags=(-target aarch64-macos -std=c11 -D_GNU_SOURCE "-DHFFS_VERSION=\"0\""
    -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
    -Wformat=2 -Werror -I. -I"${B:-build}" -isystem "$place/include"
    -isystem "$(find_header tirpc)")
compile() { # files...
    printf '%s\n' "$@" | xargs -P "$(nproc)" -I {} "$python" -m ziglang cc \
        "${flags[@]}" -c -o "$place/objects/{}.o" {}
}
for layer in base hub cache vfs nfsd cli; do
    mkdir -p "$place/objects/$layer"
    files=()
    for file in "$layer"/*.c; do
        case $file in *_linux.c) ;; *) files+=("$file") ;; esac
    done
    ok "$layer compiles for macOS (${#files[@]} files)" compile "${files[@]}"
done
done_testing

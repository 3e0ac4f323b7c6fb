#!/bin/bash
# What make install puts somewhere works there, and make uninstall leaves
# nothing of it.
# shellcheck source=test/kit/tap.sh
. "$(dirname "$0")/../kit/tap.sh"

root="$TMPDIR/a root"
export DESTDIR=$root PREFIX=/opt/hffs B=${B:-build}
there() { find "$root" ! -type d | sed "s|^$root||" | sort; }
says() { [ "$("${@:2}")" = "$1" ]; }

ok "it installs" doc/install
ok "programs are there" test -x "$root/opt/hffs/bin/hffs-nfs"
version=$("$B/hffs" --version)
ok "and run" says "$version" "$root/opt/hffs/bin/hffs-nfs" --version
ok "no link is broken" says '' find "$root" -xtype l
ok "the manual page is there" \
    test -s "$root/opt/hffs/share/man/man1/hffs-nfs.1"
ok "again is fine" doc/install
ok "it uninstalls" doc/install --remove
ok "nothing is left" says '' there
done_testing

#!/bin/bash
# tar, cp -r, grep -r, diff -r, find and checksums of a mounted repo give what
# they give on its source, odd names included.
# test: timeout 300
. "$(dirname "$0")/e2e.sh"
serve_and_mount e2e/files /mnt/tree
cd "$DATA/tree" || exit 1

ok "diff -r sees no difference" diff -r "$DATA/tree" /mnt/tree
is "find shows the same names and sizes" \
    "$(cd /mnt/tree && find . -type f -printf '%p %s\n' | sort | md5sum)" \
    "$(find . -type f -printf '%p %s\n' | sort | md5sum)"

ok "cp -r copies it" cp -r /mnt/tree "$OUT/copy"
ok "... completely" diff -r "$DATA/tree" "$OUT/copy"
tar -C /mnt -cf "$OUT/tree.tar" tree
ok "tar packs it" test "${PIPESTATUS[0]}" -eq 0
mkdir "$OUT/unpacked"
ok "... so that it unpacks" tar -C "$OUT/unpacked" -xf "$OUT/tree.tar"
ok "... to the same" diff -r "$DATA/tree" "$OUT/unpacked/"tree

is "grep -r finds what is there once" \
    "$(cd /mnt/tree && grep -rl grep-me-once .)" ./README.md
is "grep -rc counts the same in all files" \
    "$(cd /mnt/tree && grep -rc 1 deep | sort | md5sum)" \
    "$(grep -rc 1 deep | sort | md5sum)"
is "wc -c counts the same" "$(cd /mnt/tree && wc -c sizes/* | tail -n 1)" \
    "$(wc -c sizes/* | tail -n 1)"
find . -type f -print0 | xargs -0 sha256sum >"$OUT/sums"
ok "all checksums are right" bash -c 'cd /mnt/tree && sha256sum -c --quiet "$OUT/sums"'
is "a file in the middle can be named through .." \
    "$(cat /mnt/tree/deep/a1/../a2/b/c/file-3.txt)" "2 3"
done_testing

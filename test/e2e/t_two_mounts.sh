#!/bin/bash
# Two repos mounted at once do not meet, nor do two mounts of one server; both
# ways the bytes are right, and what one server fetched is its own.
. "$(dirname "$0")/e2e.sh"
serve_and_mount e2e/files /mnt/tree
mount_on /mnt/again nosharecache
serve_and_mount e2e/big /mnt/big

ok "the first is right" diff -r "$DATA/tree" /mnt/tree
ok "so is the second mount of it" diff -r "$DATA/tree" /mnt/again
ok "the other repo is the other repo" \
    cmp "$DATA/big/model.safetensors" /mnt/big/model.safetensors
is "they are different devices" \
    "$(stat -c %d /mnt/tree /mnt/again /mnt/big | sort -u | wc -l)" 3
ok "one can be unmounted" umount -i /mnt/again
ok "and the others stay" cmp "$DATA/tree/README.md" /mnt/tree/README.md

# Two servers that share a cache directory fetch common content once.
shared=$(dirname "$DATA")/s/shared
serve two e2e/files --cache-dir "$shared"
mount_on /mnt/two
ok "the first reader fills the shared cache" diff -r "$DATA/tree" /mnt/two
serve three e2e/files --cache-dir "$shared"
mount_on /mnt/three
before=$(ask stats | cut -d' ' -f2)
ok "the second reads the same" diff -r "$DATA/tree/sizes" /mnt/three/sizes
sent=$(($(ask stats | cut -d' ' -f2) - before))
at_most "bytes that the Hub sent for it" $sent 20000
done_testing

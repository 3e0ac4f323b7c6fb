#!/bin/bash
# A server that is killed with SIGKILL in the middle of a long cat and started
# again with the same options: the cat goes on, and its checksum is right.
# test: timeout 300
. "$(dirname "$0")/e2e.sh"
serve_and_mount e2e/big /mnt/big
size=$(stat -c %s /mnt/big/big.bin)
wanted=$(sha256sum <"$DATA/big/big.bin")

# The Hub sends slowly at first, so that the server dies while it reads.
ask faults 'GET /*resolve*: slow 40MB/s'
cat /mnt/big/big.bin >"$OUT/copy" &
cat=$!
half_way() { [ "$(stat -c %s "$OUT/copy")" -gt $((size / 8)) ]; }
ok "the cat is on its way" until_true 60 half_way
ask signal big KILL
fails "and has not ended" test "$(stat -c %s "$OUT/copy")" -eq "$size"
ask faults
serve big e2e/big
wait $cat
is "the cat ends well" $? 0
is "with the right bytes" "$(sha256sum <"$OUT/copy")" "$wanted"

# And again while nothing is open; the mount goes on.
ask signal big KILL
serve big e2e/big
is "reading goes on after a second kill" \
    "$(dd if=/mnt/big/big.bin bs=1M skip=100 count=1 iflag=direct status=none |
        md5sum)" \
    "$(dd if="$DATA/big/big.bin" bs=1M skip=100 count=1 status=none | md5sum)"
done_testing

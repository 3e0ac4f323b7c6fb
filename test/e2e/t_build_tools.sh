#!/bin/bash
# Programs that look at times and sizes find what they expect: rsync, make,
# find -newer, du, stat, df.
. "$(dirname "$0")/e2e.sh"
serve_and_mount e2e/files /mnt/tree

rsync -a /mnt/tree/ "$OUT/copy/"
ok "rsync -a copies all" diff -r /mnt/tree "$OUT/copy"
is "a second rsync has nothing to do" \
    "$(rsync -ai /mnt/tree/ "$OUT/copy/")" ""
is "nor has one by checksum" "$(rsync -aic /mnt/tree/ "$OUT/copy/")" ""

# A target built outside is newer than the mounted sources, now and later.
mkdir "$OUT/build" && cd "$OUT/build" || exit 1
printf 'VPATH = /mnt/tree/project\nsum: a.txt b.txt\n\tcat $^ >sum\n' >Makefile
ok "make builds from mounted sources" make -s
is "... the right thing" "$(cat sum)" "a
b"
ok "and finds it up to date" make -q
fails "which it says of nothing newer" make -q -W /mnt/tree/project/a.txt

is "no file is from the future" \
    "$(touch "$OUT/now" && find /mnt/tree -newer "$OUT/now" | head -n 3)" ""
touch -d 2000-01-01 "$OUT/old"
is "all are from this century" \
    "$(find /mnt/tree -type f -newer "$OUT/old" | wc -l)" \
    "$(find "$DATA/tree" -type f | wc -l)"
is "two looks give the same times" \
    "$(find /mnt/tree -printf '%p %T@ %C@\n' | md5sum)" \
    "$(find /mnt/tree -printf '%p %T@ %C@\n' | md5sum)"
is "du --apparent-size adds up the sizes" \
    "$(du -s --apparent-size -B1 /mnt/tree/sizes/*.bin | awk '{n += $1} END {print n}')" \
    "$(cat "$DATA"/tree/sizes/*.bin | wc -c)"
ok "du counts blocks" test "$(du -s -B1 /mnt/tree/sizes | cut -f1)" -ge 2228224
is "df says it is full for writers" \
    "$(df --output=avail /mnt/tree | tail -n 1 | tr -d ' ')" 0
ok "df -i answers" df -i /mnt/tree
done_testing

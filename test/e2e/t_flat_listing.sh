#!/bin/bash
# A folder of 100,000 files is listed whole, each name once: with ls -f (names
# only), with ls -l, and while its listing is still coming from the Hub.
# test: timeout 300
. "$(dirname "$0")/e2e.sh"
wanted=100000

# Every page of the Hub's listing takes its time, so readers wait for them.
ask faults 'GET /api/*/tree/*: delay 20ms'
serve_and_mount e2e/flat /mnt/flat
# Three at once, the first of which begins the listing.
for i in 1 2 3; do
    (ls -f /mnt/flat >"$OUT/names-$i") &
done
wait
for i in 1 2 3; do
    is "reader $i sees all entries, and . and .." \
        "$(wc -l <"$OUT/names-$i")" $((wanted + 2))
    is "... each once" "$(sort "$OUT/names-$i" | uniq -d | head -n 3)" ""
done
is "the names are those that the Hub has" \
    "$(sort "$OUT/names-1" | md5sum)" \
    "$(cd "$DATA/flat" && printf '%s\n' . .. * | sort | md5sum)"
ask faults

ls -l /mnt/flat >"$OUT/long"
is "ls -l shows all of them" "$(grep -c '^-' "$OUT/long")" $wanted
is "... with their sizes" \
    "$(awk '/^-/ { n += $5 } END { print n }' "$OUT/long")" \
    "$(find "$DATA/flat" -type f -printf '%s\n' | awk '{ n += $1 } END { print n }')"

before=$(hub_requests)
ls -f /mnt/flat >"$OUT/names-2"
is "a second listing shows the same" "$(sort "$OUT/names-2" | md5sum)" \
    "$(sort "$OUT/names-1" | md5sum)"
is "... and asks the Hub nothing" "$(hub_requests)" "$before"
memory_at_most flat 120
done_testing

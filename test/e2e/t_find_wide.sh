#!/bin/bash
# find over 100,000 files in 100 folders is complete; the Hub is asked once a
# folder, and not again; the server's memory stays bounded.
# test: timeout 300
. "$(dirname "$0")/e2e.sh"
serve_and_mount e2e/wide /mnt/wide
ask forget

find /mnt/wide -type f >"$OUT/found"
is "all files are found" "$(wc -l <"$OUT/found")" 100000
is "each once" "$(sort "$OUT/found" | uniq -d | head -n 3)" ""
is "in all folders" "$(find /mnt/wide -mindepth 1 -type d | wc -l)" 100
# A folder of 1,000 files is one page of the Hub's listing.
at_most "requests at the Hub" "$(hub_requests)" 105

before=$(hub_requests)
is "find -size finds the same again" \
    "$(find /mnt/wide -type f -size -1 | wc -l)" 100000
is "... without the Hub" "$(hub_requests)" "$before"
memory_at_most wide 100
done_testing

# bash completion for hffs and hffs-nfs; made by: hffs doc bash
_hffs()
{
    local cur=${COMP_WORDS[COMP_CWORD]}
    local prev=${COMP_WORDS[COMP_CWORD-1]}
    local command=${COMP_WORDS[1]} options='' words='' files=''
    [[ ${COMP_WORDS[0]##*/} == hffs-nfs ]] && command=nfs
    [[ $command == hub ]] && command="hub ${COMP_WORDS[2]}"
    case $command in
    'start') options='--revision --read-only --commit-times --uid --gid --hub-endpoint --hf-token --token-file --ca-file --read-fetch-timeout-ms --cache-dir --no-disk-cache --inode-soft-limit --metadata-ttl-ms --mount-options --no-mount --port --listen --allow-client --state-dir --log-level --debug --json --help' ;;
    'stop') options='--all --force --state-dir --help' ;;
    'status') options='--json --state-dir --help' ;;
    'nfs') options='--run --revision --read-only --commit-times --uid --gid --hub-endpoint --hf-token --token-file --ca-file --read-fetch-timeout-ms --cache-dir --no-disk-cache --inode-soft-limit --metadata-ttl-ms --mount-options --no-mount --port --listen --allow-client --state-dir --log-level --debug --json --help' ;;
    'hub serve') options='--root --repo --port --listen --url --user --private --log --redirect --url-ttl --fault --admin --help' ;;
    'hub user') options='--root --read-only --token --token-file --only --json --help' ;;
    'hub org') options='--root --json --help' ;;
    'hub gc') options='--root --grace --json --help' ;;
    'hub verify') options='--root --json --help' ;;
    'hub import') options='--root --message --private --delete --help' ;;
    'hub export') options='--root --help' ;;
    'xet hash') options='--json --help' ;;
    'xet inspect') options='--hash --json --help' ;;
    esac
    case "$command $prev" in
    'start --token-file') files=1 ;;
    'start --ca-file') files=1 ;;
    'start --cache-dir') files=1 ;;
    'start --state-dir') files=1 ;;
    'start --log-level') words='error warn info debug' ;;
    'stop --state-dir') files=1 ;;
    'status --state-dir') files=1 ;;
    'nfs --token-file') files=1 ;;
    'nfs --ca-file') files=1 ;;
    'nfs --cache-dir') files=1 ;;
    'nfs --state-dir') files=1 ;;
    'nfs --log-level') words='error warn info debug' ;;
    'hub serve --root') files=1 ;;
    'hub user --root') files=1 ;;
    'hub user --token-file') files=1 ;;
    'hub org --root') files=1 ;;
    'hub gc --root') files=1 ;;
    'hub verify --root') files=1 ;;
    'hub import --root') files=1 ;;
    'hub export --root') files=1 ;;
    *)
        if [[ $cur == -* ]]; then words=$options
        elif [[ $COMP_CWORD == 1 && $command != nfs ]]; then words='start stop status hub help'
        elif [[ $COMP_CWORD == 2 && $command == hub* ]]; then words='serve user org gc verify import export'
        else words='repo' files=1
        fi ;;
    esac
    mapfile -t COMPREPLY < <(compgen ${files:+-f} -W "$words" -- "$cur")
    [[ -n $files ]] && compopt -o filenames
}
complete -F _hffs hffs hffs-nfs

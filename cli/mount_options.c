/* Tables only. Names, defaults and meanings follow hf-mount where there is such
 * an option, so that people can switch by changing the program's name; what
 * has no meaning here is accepted with a remark, and what would promise
 * something that is not kept is refused. */
#include "cli/mount_options.h"

#include "base/mem.h"

static const struct opt source[] = {
    {.name = "revision",
        .type = OPT_STR,
        .arg = "REV",
        .initial = "main",
        .help = "branch, tag, commit or refs/pr/N to show; the commit it names "
                "at the start stays until the mount ends",
        OPT_INTO(mount_values, revision)},
    {.name = "read-only",
        .type = OPT_FLAG,
        .help = "mount read-only, as repos always are",
        OPT_INTO(mount_values, read_only)},
    {.name = "commit-times",
        .type = OPT_FLAG,
        .help = "show each file with the time of the last commit that changed "
                "it, not the repo's; listing costs more requests",
        OPT_INTO(mount_values, commit_times)},
    {.name = "uid",
        .type = OPT_U64,
        .arg = "N",
        .max = UINT32_MAX - 1,
        .dflt = "yours",
        .help = "owner of the files",
        OPT_INTO(mount_values, uid)},
    {.name = "gid",
        .type = OPT_U64,
        .arg = "N",
        .max = UINT32_MAX - 1,
        .dflt = "yours",
        .help = "group of the files",
        OPT_INTO(mount_values, gid)},
};

static const struct opt hub[] = {
    {.name = "hub-endpoint",
        .type = OPT_STR,
        .arg = "URL",
        .env = "HF_ENDPOINT",
        .initial = "https://huggingface.co",
        .help = "address of the Hub",
        OPT_INTO(mount_values, hub_endpoint)},
    {.name = "hf-token",
        .type = OPT_STR,
        .arg = "TOKEN",
        .env = "HF_TOKEN",
        .secret = true,
        .dflt = "the stored login",
        .help = "access token; a file or the variable keeps it out of the "
                "shell's history",
        OPT_INTO(mount_values, hf_token)},
    {.name = "token-file",
        .type = OPT_PATH,
        .arg = "FILE",
        .help = "read the token from FILE, again every 30 s; wins over "
                "--hf-token while it holds one",
        OPT_INTO(mount_values, token_file)},
    {.name = "ca-file",
        .type = OPT_PATH,
        .arg = "FILE",
        .env = "SSL_CERT_FILE",
        .dflt = "the system's",
        .help = "certificates to trust when the Hub is reached by https",
        OPT_INTO(mount_values, ca_file)},
    {.name = "read-fetch-timeout-ms",
        .type = OPT_MS,
        .arg = "MS",
        .initial = "30000",
        .max = 86400000,
        .help = "a transfer that brings no byte for so long is tried again; "
                "0: wait for a day",
        OPT_INTO(mount_values, read_fetch_timeout_ms)},
};

static const struct opt cache[] = {
    {.name = "cache-dir",
        .type = OPT_PATH,
        .arg = "DIR",
        .dflt = "$XDG_CACHE_HOME/hffs",
        .help = "keep fetched data in DIR; mounts may share it",
        OPT_INTO(mount_values, cache_dir)},
    {.name = "no-disk-cache",
        .type = OPT_FLAG,
        .help = "keep fetched data in memory only",
        OPT_INTO(mount_values, no_disk_cache)},
    {.name = "inode-soft-limit",
        .type = OPT_U64,
        .arg = "N",
        .initial = "100000",
        .max = 100000000,
        .help =
            "files whose attributes are kept in memory; the rest is on disk; "
            "0: the default",
        OPT_INTO(mount_values, inode_soft_limit)},
};

static const struct opt mount[] = {
    {.name = "metadata-ttl-ms",
        .type = OPT_MS,
        .arg = "MS",
        .initial = "10000",
        .max = 86400000,
        .help = "how long the kernel may use attributes without asking "
                "(rounded up to seconds)",
        OPT_INTO(mount_values, metadata_ttl_ms)},
    {.name = "mount-options",
        .type = OPT_STR,
        .arg = "LIST",
        .help = "more options for mount -t nfs, as in soft,nconnect=4",
        OPT_INTO(mount_values, mount_options)},
    {.name = "no-mount",
        .type = OPT_FLAG,
        .help = "only serve; print the address and the command that mounts "
                "it; MOUNTPOINT may be left out",
        OPT_INTO(mount_values, no_mount)},
};

static const struct opt server[] = {
    {.name = "port",
        .type = OPT_PORT,
        .arg = "N",
        .initial = "0",
        .help = "TCP port of the NFS server; 0: the one it had last, else any "
                "free one",
        OPT_INTO(mount_values, port)},
    {.name = "listen",
        .type = OPT_STR,
        .arg = "ADDR",
        .initial = "127.0.0.1",
        .help = "address to serve on, for a guest or container of this host; "
                "another than loopback needs --allow-client",
        OPT_INTO(mount_values, listen)},
    {.name = "allow-client",
        .type = OPT_LIST,
        .arg = "ADDR[/LEN]",
        .help =
            "address or network that may connect besides root and you on this "
            "host",
        OPT_INTO(mount_values, allow_client)},
};

static const struct opt program[] = {
    {.name = "state-dir",
        .type = OPT_PATH,
        .arg = "DIR",
        .dflt = "$XDG_STATE_HOME/hffs",
        .help = "where mounts keep what must survive a restart, and logs",
        OPT_INTO(mount_values, state_dir)},
    {.name = "log-level",
        .type = OPT_STR,
        .arg = "LEVEL",
        .initial = "info",
        .choices = "error|warn|info|debug",
        .help = "least important lines of the log: error, warn, info, debug",
        OPT_INTO(mount_values, log_level)},
    {.name = "debug",
        .type = OPT_STR,
        .letter = 'D',
        .arg = "MODULES",
        .help = "log each request of these modules: rpc,hub,... or all",
        OPT_INTO(mount_values, debug)},
    {.name = "json",
        .type = OPT_FLAG,
        .help = "print what is ready as one JSON object",
        OPT_INTO(mount_values, json)},
};

static const struct opt run[] = {
    {.name = "run",
        .type = OPT_STR,
        .arg = "COMMAND",
        .help = "mount, run COMMAND with the shell ($HFFS_MOUNTPOINT is the "
                "mount), unmount, and exit with its status",
        OPT_INTO(mount_values, run)},
};

#define IGNORED(option, kind, argument, remark)                                \
    {                                                                          \
        .name = (option), .type = (kind), .arg = (argument),                   \
        .ignored = (remark), .help = (remark)                                  \
    }
#define REFUSED(option, kind, argument, remark)                                \
    {                                                                          \
        .name = (option), .type = (kind), .arg = (argument),                   \
        .refused = (remark), .help = (remark)                                  \
    }

static const char not_writable[] = "has no effect: repos are mounted read-only";
static const char pinned[] =
    "has no effect: a repo mount stays at the commit it started with";
static const char fuse_only[] = "has no effect: hffs mounts over NFS, not FUSE";

static const struct opt compat[] = {
    IGNORED("fuse", OPT_FLAG, NULL, fuse_only),
    IGNORED("direct-io", OPT_FLAG, NULL, fuse_only),
    IGNORED("fuse-owner-only", OPT_FLAG, NULL, fuse_only),
    IGNORED("max-threads", OPT_U64, "N", fuse_only),
    IGNORED("cache-size", OPT_SIZE, "BYTES",
        "has no effect yet: the cache on disk is not limited"),
    IGNORED("cache-mode", OPT_STR, "MODE",
        "has no effect: there is one kind of cache"),
    IGNORED("lru-sweep-interval-ms", OPT_MS, "MS",
        "has no effect: attributes are trimmed as needed"),
    IGNORED("advanced-writes", OPT_FLAG, NULL, not_writable),
    IGNORED("sparse-writes", OPT_FLAG, NULL, not_writable),
    IGNORED("max-staging-size", OPT_SIZE, "BYTES", not_writable),
    IGNORED("flush-debounce-ms", OPT_MS, "MS", not_writable),
    IGNORED("flush-max-batch-window-ms", OPT_MS, "MS", not_writable),
    IGNORED("flush-shutdown-timeout-ms", OPT_MS, "MS", not_writable),
    IGNORED("no-filter-os-files", OPT_FLAG, NULL, not_writable),
    IGNORED("poll-interval-secs", OPT_U64, "N", pinned),
    IGNORED("poll-listing-concurrency", OPT_U64, "N", pinned),
    IGNORED("metadata-ttl-minimal", OPT_FLAG, NULL, pinned),
    IGNORED("negative-ttl-ms", OPT_MS, "MS", pinned),
    IGNORED("live-follow", OPT_FLAG, NULL, pinned),
    REFUSED("overlay", OPT_FLAG, NULL,
        "is not supported yet: mounts of repos cannot be written to"),
    REFUSED("dir-mode", OPT_STR, "MODE", "is not supported yet: leave it out"),
    REFUSED("file-mode", OPT_STR, "MODE", "is not supported yet: leave it out"),
    REFUSED("encryption-key-file", OPT_PATH, "FILE",
        "is not supported yet: nothing would be encrypted"),
    REFUSED("encryption-algorithm", OPT_STR, "NAME",
        "is not supported yet: nothing would be encrypted"),
};

static const struct opt internal[] = {
    {.name = "supervised",
        .type = OPT_FLAG,
        .hidden = true,
        .help = "report to the supervisor",
        OPT_INTO(mount_values, supervised)},
    {.name = "restarted",
        .type = OPT_FLAG,
        .hidden = true,
        .help = "take the mount up again, or end",
        OPT_INTO(mount_values, restarted)},
    {.name = "log-file",
        .type = OPT_PATH,
        .arg = "FILE",
        .hidden = true,
        .help = "rotate FILE, which stderr is",
        OPT_INTO(mount_values, log_file)},
};

const struct opt_group mount_group_source = OPT_GROUP("What to show", source);
const struct opt_group mount_group_hub = OPT_GROUP("The Hub", hub);
const struct opt_group mount_group_cache = OPT_GROUP("Cache and memory", cache);
const struct opt_group mount_group_mount = OPT_GROUP("The mount", mount);
const struct opt_group mount_group_server = OPT_GROUP("The server", server);
const struct opt_group mount_group_program = OPT_GROUP("The program", program);
const struct opt_group mount_group_run = OPT_GROUP("In the foreground", run);
const struct opt_group mount_group_compat =
    OPT_GROUP("Accepted for the sake of hf-mount's users", compat);
const struct opt_group mount_group_internal = OPT_GROUP("Internal", internal);

/* The routes of the local Hub, as local_route.c names them. Each is of the
 * form of struct local_route's fn. */
#ifndef HUB_LOCAL_API_H
#define HUB_LOCAL_API_H

struct call;
struct meta_db;

typedef int route_fn(struct call *c, struct meta_db *db);
typedef int route_head_fn(struct call *c); /* or store */

/* local_api_repo.c, local_api_history.c, local_api_ref.c */
route_fn api_info, api_list, api_commits, api_squash;
route_fn api_refs, api_branch_make, api_branch_remove, api_tag_make,
    api_tag_remove;

/* local_api_create.c, local_api_manage.c */
route_fn api_create, api_delete, api_move, api_settings, api_duplicate;

/* local_api_pr.c */
route_fn api_discussions, api_discuss;

/* local_api_own.c */
route_fn api_own_repos, api_org_repos;

/* local_api_card.c */
route_fn api_validate_yaml;

/* local_api_tree.c */
route_fn api_tree, api_paths_info, api_treesize;

/* local_api_user.c */
route_fn api_whoami, api_auth_check, api_not_here;

/* local_cas.c */
route_fn api_xet_read_token, api_xet_write_token;

/* local_cas_xorb.c, local_cas_shard.c, local_cas_plan.c, local_cas_find.c,
 * local_cas_chunks.c, local_cas_bytes.c */
route_head_fn cas_xorb_head, cas_xorb_store, cas_shard_head, cas_shard_store;
route_fn cas_xorb_first, cas_xorb, cas_shard_first, cas_shard;
route_fn cas_plan, cas_chunk_hashes, cas_chunk, cas_has_xorb, cas_has_file,
    cas_telemetry;
route_fn cas_bytes;

/* local_metrics.c */
route_head_fn api_metrics_head;
route_fn api_metrics;

/* local_resolve.c */
route_fn api_resolve, api_raw, api_resolve_cache, api_content;

/* local_api_commit.c */
route_head_fn api_commit_head;
route_fn api_commit_first, api_commit;
route_head_fn api_commit_store;

/* local_api_preupload.c */
route_fn api_preupload;

/* local_api_lfs.c */
route_fn api_lfs_batch, api_lfs_verify;

/* local_api_lfs_files.c */
route_fn api_lfs_files, api_lfs_files_change;

/* local_api_upload.c */
route_head_fn api_upload_head, api_upload_store;
route_head_fn api_complete_head, api_complete_store;
route_fn api_upload;

/* local_admin.c */
route_fn admin_faults, admin_add_faults, admin_clear_faults, admin_stats,
    admin_clear_stats;

#endif

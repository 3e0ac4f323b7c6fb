/* Where things live, by the XDG base directory rules, and the stored login of
 * the Hub's own tools. The environment is read here and in the option table,
 * nowhere else. */
#ifndef CLI_DIRS_H
#define CLI_DIRS_H

/* All return text to free(). */
char *dirs_home(void);
char *dirs_cache(void); /* $XDG_CACHE_HOME/hffs, else ~/.cache/hffs */
char *dirs_data(void);  /* $XDG_DATA_HOME/hffs, else ~/.local/share/hffs */
char *dirs_state(void); /* $XDG_STATE_HOME/hffs, else ~/.local/state/hffs */

/* Tokens for the Hub. Fields are NULL when there is none. */
struct credentials {
    char *token;
    char *token_file; /* read again now and then, as logins change */
};

/* The order of huggingface_hub, after what was given on the command line:
 * token ("" or NULL: none) and token_file as typed or from $HF_TOKEN, then
 * $HUGGING_FACE_HUB_TOKEN, then the file $HF_TOKEN_PATH, then $HF_HOME/token,
 * then the same below the cache directory. */
void credentials_find(
    const char *token, const char *token_file, struct credentials *out);
void credentials_fini(struct credentials *c);

/* A leading "~" and "$NAME", as in $HF_HOME. free() it. */
char *dirs_expand(const char *text);

#endif

/* Header fields of requests. */
#ifndef HUB_LOCAL_FIELD_H
#define HUB_LOCAL_FIELD_H

/* Those that anybody here looks at. */
#define EXCHANGE_FIELDS(X)                                                     \
    X(AUTHORIZATION, "Authorization")                                          \
    X(CONTENT_LENGTH, "Content-Length")                                        \
    X(CONTENT_TYPE, "Content-Type")                                            \
    X(EXPECT, "Expect")                                                        \
    X(HOST, "Host")                                                            \
    X(IF_MATCH, "If-Match")                                                    \
    X(IF_MODIFIED_SINCE, "If-Modified-Since")                                  \
    X(IF_NONE_MATCH, "If-None-Match")                                          \
    X(IF_RANGE, "If-Range")                                                    \
    X(IF_UNMODIFIED_SINCE, "If-Unmodified-Since")                              \
    X(ORIGIN, "Origin")                                                        \
    X(RANGE, "Range")                                                          \
    X(TRANSFER_ENCODING, "Transfer-Encoding")                                  \
    X(X_RANGE_DIRTY, "X-Range-Dirty")

enum field {
#define X(id, name) FIELD_##id,
    EXCHANGE_FIELDS(X)
#undef X
        FIELD_COUNT
};

#endif

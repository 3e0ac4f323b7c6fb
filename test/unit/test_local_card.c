/* The card of a README: where it is, and what its YAML says as JSON. */
#include "hub/local_card.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/json.h"

static void found(void **state)
{
    static const struct {
        const char *text;
        const char *yaml; /* NULL: there is none */
    } table[] = {
        {"---\na: b\n---\n# Title\n", "a: b\n"},
        {"---\r\na: b\r\n---\r\n", "a: b\r\n"},
        {"---\na: b\n---", "a: b\n"},
        {"\n  \n---\na: b\n--- \t\n---\n", "a: b\n"},
        {"---\n---\ntext", ""},
        {"---\na: ---\n ---\n----\n---\n", "a: ---\n ---\n----\n"},
        {"---\na: b\n", NULL},
        {"---", NULL},
        {"--- a\nb\n---\n", NULL},
        {"# Title\n---\na: b\n---\n", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const char *yaml = NULL;
        size_t n = 0;
        bool there = card_find(table[i].text, strlen(table[i].text), &yaml, &n);

        assert_int_equal(there, table[i].yaml != NULL);
        if (there) {
            assert_int_equal(n, strlen(table[i].yaml));
            assert_memory_equal(yaml, table[i].yaml, n);
        }
    }
    assert_false(card_find(NULL, 0, &(const char *){NULL}, &(size_t){0}));
    assert_false(card_find("\0\0\0", 3, &(const char *){NULL}, &(size_t){0}));
}

/* What YAML becomes, as JSON text. */
static void assert_json(const char *yaml, const char *wanted)
{
    struct json *card = NULL;
    struct buf why = {0};
    struct buf text = {0};
    struct jsonw w = {.to = &text};

    assert_int_equal(card_parse(yaml, strlen(yaml), &card, &why), 0);
    jsonw_copy(&w, NULL, card);
    assert_string_equal(buf_str(&text), wanted);
    json_free(card);
    buf_free(&why);
    buf_free(&text);
}

static void values(void **state)
{
    (void)state;
    assert_json("", "{}");
    assert_json("# a comment\n", "{}");
    assert_json("a: b c # d\n", "{\"a\":\"b c\"}");
    assert_json("a: 12\nb: -3\nc: 0x1f\nd: 0o17\ne: 007\n",
        "{\"a\":12,\"b\":-3,\"c\":31,\"d\":15,\"e\":7}");
    assert_json("a: 1.5\nb: .5\nc: -1e3\nd: 1.\n",
        "{\"a\":1.5,\"b\":0.5,\"c\":-1000,\"d\":1}");
    assert_json("a: true\nb: False\nc: yes\nd: no\n",
        "{\"a\":true,\"b\":false,\"c\":\"yes\",\"d\":\"no\"}");
    assert_json("a:\nb: ~\nc: null\nd: nil\n",
        "{\"a\":null,\"b\":null,\"c\":null,\"d\":\"nil\"}");
    assert_json("a: '1'\nb: \"true\"\nc: ''\n",
        "{\"a\":\"1\",\"b\":\"true\",\"c\":\"\"}");
    assert_json("a: 1e\nb: 1.2.3\nc: nan\nd: .inf\ne: 0x\nf: '-'\ng: 1a\n",
        "{\"a\":\"1e\",\"b\":\"1.2.3\",\"c\":\"nan\",\"d\":\".inf\","
        "\"e\":\"0x\",\"f\":\"-\",\"g\":\"1a\"}");
    assert_json("a: 2026-09-01\n", "{\"a\":\"2026-09-01\"}");
    assert_json("a: [x, {b: c}]\nd:\n- e\n- - f\n",
        "{\"a\":[\"x\",{\"b\":\"c\"}],\"d\":[\"e\",[\"f\"]]}");
    assert_json("a: |\n  b\n  c\nd: >\n  e\n  f\n",
        "{\"a\":\"b\\nc\\n\",\"d\":\"e f\\n\"}");
    assert_json("a: &x [1]\nb: *x\n", "{\"a\":[1],\"b\":[1]}");
    assert_json("1: a\ntrue: b\n", "{\"1\":\"a\",\"true\":\"b\"}");
    assert_json("a: \xc3\xbc\n", "{\"a\":\"\xc3\xbc\"}");
}

static void assert_refused(const char *yaml, const char *part)
{
    struct json *card = NULL;
    struct buf why = {0};

    assert_int_equal(card_parse(yaml, strlen(yaml), &card, &why), -EBADMSG);
    assert_null(card);
    assert_non_null(strstr(buf_str(&why), part));
    buf_free(&why);
}

static void refused(void **state)
{
    struct buf deep = {0};

    (void)state;
    assert_refused("- a\n", "no mapping");
    assert_refused("text", "no mapping");
    assert_refused("a: b\na: c\n", "duplicated key: a");
    assert_refused("[a]: b\n", "no text");
    assert_refused("a: [b\n", "line");
    assert_refused("a: b: c\n", "line 1");
    assert_refused("a: *b\n", "line 1");
    assert_refused("\tx: y\n", "line 1");
    assert_refused("a: \xff\n", "UTF-8");
    assert_refused("a: \"\\0\"\n", "NUL");
    assert_refused("a: &x [*x]\n", "too deep");
    assert_refused("a: &a [1,1,1,1,1,1,1,1,1,1]\n"
                   "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                   "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
                   "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
                   "e: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n",
        "too long");
    buf_adds(&deep, "a: ");
    for (int i = 0; i < 500; i++)
        buf_addc(&deep, '[');
    for (int i = 0; i < 500; i++)
        buf_addc(&deep, ']');
    assert_refused(buf_str(&deep), "too deep");
    buf_free(&deep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found),
        cmocka_unit_test(values),
        cmocka_unit_test(refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

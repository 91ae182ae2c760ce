/*
 * Copyright (c) 2026 the WZP authors
 *
 * Permission to use, copy, modify, and distribute this software for any
 * purpose with or without fee is hereby granted, provided that the above
 * copyright notice and this permission notice appear in all copies.
 *
 * THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
 * WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
 * MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
 * ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
 * WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
 * ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
 * OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
 */

/*
 * Comparison of messages: byte for byte with wild cards, or by JSON value.
 */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#include "regress/peer/peer.h"

/* In a pattern of values a wild card becomes a string that begins so. */
#define WILD	"\x01"

static size_t	 skip_value(const char *, size_t);
static size_t	 wild_name(const char *, size_t, char[PEER_NAME_MAX]);
static int	 values_equal(yyjson_val *, yyjson_val *, const char *, char *,
		    size_t, capture_fn *, void *);

/* Length of the JSON value at the start of the text; 0: there is none. */
static size_t
skip_value(const char *s, size_t len)
{
	size_t	 i, depth = 0;
	bool	 string = false;

	for (i = 0; i < len; i++) {
		if (string) {
			if (s[i] == '\\')
				i++;
			else if (s[i] == '"') {
				string = false;
				if (depth == 0)
					return (i + 1);
			}
			continue;
		}
		switch (s[i]) {
		case '"':
			if (depth == 0 && i > 0)
				return (i);
			string = true;
			break;
		case '[':
		case '{':
			depth++;
			break;
		case ']':
		case '}':
			if (depth == 0)
				return (i);
			if (--depth == 0)
				return (i + 1);
			break;
		case ',':
			if (depth == 0)
				return (i);
			break;
		default:
			break;
		}
	}
	return (depth == 0 && !string ? i : 0);
}

/* Length of the wild card at the start of the pattern, its name if any. */
static size_t
wild_name(const char *pat, size_t len, char name[PEER_NAME_MAX])
{
	const char	*end;

	name[0] = '\0';
	if (len < 2 || pat[1] != '<')
		return (1);
	if ((end = memchr(pat, '>', len)) == NULL ||
	    end - pat - 2 >= PEER_NAME_MAX)
		script_error("bad capture");
	memcpy(name, pat + 2, (size_t)(end - pat - 2));
	name[end - pat - 2] = '\0';
	return ((size_t)(end - pat) + 1);
}

ssize_t
match_bytes(const char *pat, size_t patlen, const char *s, size_t len,
    size_t *pat_off, capture_fn *capture, void *arg)
{
	char	 name[PEER_NAME_MAX];
	size_t	 p = 0, i = 0, n;
	bool	 string = false;

	while (p < patlen) {
		if (!string && pat[p] == '*') {
			p += wild_name(pat + p, patlen - p, name);
			if ((n = skip_value(s + i, len - i)) == 0)
				break;
			if (name[0] != '\0')
				capture(arg, name, s + i, n);
			i += n;
			continue;
		}
		if (i >= len || pat[p] != s[i])
			break;
		if (pat[p] == '"')
			string = !string;
		else if (string && pat[p] == '\\' && p + 1 < patlen &&
		    i + 1 < len) {
			if (pat[p + 1] != s[i + 1])
				break;
			p++;
			i++;
		}
		p++;
		i++;
	}
	*pat_off = p;
	if (p == patlen && i == len)
		return (-1);
	return ((ssize_t)i);
}

static int
values_equal(yyjson_val *want, yyjson_val *got, const char *path, char *why,
    size_t size, capture_fn *capture, void *arg)
{
	yyjson_val	*key, *v;
	char		 sub[256], *json;
	const char	*str, *name;
	size_t		 i, max, len;

	str = yyjson_get_str(want);
	if (str != NULL && yyjson_get_len(want) >= 1 && str[0] == WILD[0]) {
		if (got == NULL) {
			snprintf(why, size, "%s is missing", path);
			return (-1);
		}
		if (str[1] != '\0') {
			json = yyjson_val_write(got, 0, &len);
			if (json == NULL)
				script_error("no memory");
			capture(arg, str + 1, json, len);
			free(json);
		}
		return (0);
	}
	if (got == NULL) {
		snprintf(why, size, "%s is missing", path);
		return (-1);
	}
	if (yyjson_is_obj(want) && yyjson_is_obj(got)) {
		yyjson_obj_foreach(want, i, max, key, v) {
			if ((name = yyjson_get_str(key)) == NULL)
				name = "";
			snprintf(sub, sizeof(sub), "%s.%s", path, name);
			if (values_equal(v, yyjson_obj_getn(got, name,
			    yyjson_get_len(key)), sub, why, size, capture,
			    arg) == -1)
				return (-1);
		}
		yyjson_obj_foreach(got, i, max, key, v) {
			if ((name = yyjson_get_str(key)) == NULL)
				name = "";
			if (yyjson_obj_getn(want, name,
			    yyjson_get_len(key)) == NULL) {
				snprintf(why, size, "%s.%s is not expected",
				    path, name);
				return (-1);
			}
		}
		return (0);
	}
	if (yyjson_is_arr(want) && yyjson_is_arr(got) &&
	    yyjson_arr_size(want) == yyjson_arr_size(got)) {
		yyjson_arr_foreach(want, i, max, v) {
			snprintf(sub, sizeof(sub), "%s[%zu]", path, i);
			if (values_equal(v, yyjson_arr_get(got, i), sub, why,
			    size, capture, arg) == -1)
				return (-1);
		}
		return (0);
	}
	if (yyjson_equals(want, got))
		return (0);
	snprintf(why, size, "%s differs", path);
	return (-1);
}

int
match_values(const char *pat, size_t patlen, const char *s, size_t len,
    char *why, size_t size, capture_fn *capture, void *arg)
{
	struct text	 t;
	yyjson_doc	*want, *got;
	char		 name[PEER_NAME_MAX];
	size_t		 i;
	bool		 string = false;
	int		 rv = -1;

	memset(&t, 0, sizeof(t));
	for (i = 0; i < patlen; i++) {
		if (!string && pat[i] == '*') {
			i += wild_name(pat + i, patlen - i, name) - 1;
			text_puts(&t, "\"\\u0001");
			text_puts(&t, name);
			text_putc(&t, '"');
			continue;
		}
		if (pat[i] == '"')
			string = !string;
		text_putc(&t, pat[i]);
		if (string && pat[i] == '\\' && i + 1 < patlen)
			text_putc(&t, pat[++i]);
	}
	want = yyjson_read(t.t_buf, t.t_len, 0);
	if (want == NULL)
		script_error("the pattern is not JSON: %s", t.t_buf);
	got = yyjson_read(s, len, 0);
	if (got == NULL)
		snprintf(why, size, "it is not JSON");
	else
		rv = values_equal(yyjson_doc_get_root(want),
		    yyjson_doc_get_root(got), "$", why, size, capture, arg);
	yyjson_doc_free(want);
	yyjson_doc_free(got);
	text_free(&t);
	return (rv);
}

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

/* Rows for people and for programs: see output.h. */
#include "config.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>
#include <yyjson.h>

#include "wzpctl/output.h"

#define VALUE_MAX	512	/* bytes of one value as printed */
#define GAP		2	/* blanks between columns */

struct output {
	yyjson_doc	**ou_rows;
	size_t		  ou_nrows;
	size_t		  ou_size;
	char		  ou_error[256];
};

struct column {
	const char	*co_key;
	size_t		 co_key_len;
	size_t		 co_width;
	bool		 co_right;	/* numbers only */
};

static int	 compare_rows(yyjson_val *, yyjson_val *,
		    const char *const *);
static bool	 is_time(const char *, size_t);
static bool	 is_duration(const char *, size_t);
static size_t	 format_value(const char *, size_t, yyjson_val *, bool,
		    char[VALUE_MAX]);
static size_t	 format_name(const char *, size_t, char[VALUE_MAX]);
static void	 format_time(uint64_t, char[VALUE_MAX]);
static void	 format_duration(uint64_t, char[VALUE_MAX]);
static size_t	 format_text(const char *, size_t, char[VALUE_MAX]);
static size_t	 find_columns(const struct output *, struct column *);
static size_t	 pick_columns(struct column *, size_t, const char *const *);
static void	 print_padded(FILE *, const char *, size_t, size_t, bool, bool);

struct output *
output_new(void)
{
	return (calloc(1, sizeof(struct output)));
}

void
output_free(struct output *ou)
{
	size_t	i;

	if (ou == NULL)
		return;
	for (i = 0; i < ou->ou_nrows; i++)
		yyjson_doc_free(ou->ou_rows[i]);
	free(ou->ou_rows);
	free(ou);
}

enum output_line
output_line(struct output *ou, const char *text, size_t len)
{
	yyjson_doc	**rows, *doc;
	yyjson_val	 *root, *val;

	if ((doc = yyjson_read(text, len, YYJSON_READ_NOFLAG)) == NULL)
		return (OUTPUT_BAD);
	root = yyjson_doc_get_root(doc);
	if (!yyjson_is_obj(root))
		goto bad;
	if (yyjson_obj_size(root) == 1) {
		if (yyjson_is_true(yyjson_obj_get(root, "end"))) {
			yyjson_doc_free(doc);
			return (OUTPUT_END);
		}
		val = yyjson_obj_get(root, "error");
		if (yyjson_is_str(val)) {
			char	value[VALUE_MAX];

			(void)format_text(yyjson_get_str(val),
			    yyjson_get_len(val), value);
			(void)snprintf(ou->ou_error, sizeof(ou->ou_error),
			    "%.250s", value);
			yyjson_doc_free(doc);
			return (OUTPUT_ERROR);
		}
	}
	if (ou->ou_nrows == OUTPUT_ROWS_MAX)
		goto bad;
	if (ou->ou_nrows == ou->ou_size) {
		ou->ou_size = ou->ou_size == 0 ? 64 : ou->ou_size * 2;
		if ((rows = reallocarray(ou->ou_rows, ou->ou_size,
		    sizeof(*rows))) == NULL) {
			ou->ou_size = ou->ou_nrows;
			goto bad;
		}
		ou->ou_rows = rows;
	}
	ou->ou_rows[ou->ou_nrows++] = doc;
	return (OUTPUT_ROW);
bad:
	yyjson_doc_free(doc);
	return (OUTPUT_BAD);
}

const char *
output_error(const struct output *ou)
{
	return (ou->ou_error);
}

size_t
output_rows(const struct output *ou)
{
	return (ou->ou_nrows);
}

/* A merge sort from below: rows that are equal keep their order. */
void
output_sort(struct output *ou, const char *const *keys)
{
	yyjson_doc	**from = ou->ou_rows, **tmp, **to;
	size_t		  a, b, end, i, mid, n = ou->ou_nrows, width;

	if (n < 2 || (to = calloc(n, sizeof(*to))) == NULL)
		return;		/* out of memory: unsorted is no harm */
	for (width = 1; width < n; width *= 2) {
		for (i = 0; i < n; i += 2 * width) {
			a = i;
			b = mid = i + width < n ? i + width : n;
			end = mid + width < n ? mid + width : n;
			for (size_t k = i; k < end; k++)
				to[k] = b == end || (a < mid && compare_rows(
				    yyjson_doc_get_root(from[a]),
				    yyjson_doc_get_root(from[b]),
				    keys) <= 0) ? from[a++] : from[b++];
		}
		tmp = from;
		from = to;
		to = tmp;
	}
	ou->ou_rows = from;
	ou->ou_size = n;
	free(to);
}

static int
compare_rows(yyjson_val *a, yyjson_val *b, const char *const *keys)
{
	yyjson_val	*x, *y;
	int		 c;

	for (; *keys != NULL; keys++) {
		x = yyjson_obj_get(a, *keys);
		y = yyjson_obj_get(b, *keys);
		if (yyjson_is_str(x) && yyjson_is_str(y)) {
			c = strcmp(yyjson_get_str(x), yyjson_get_str(y));
			if (c != 0)
				return (c);
		} else if (yyjson_is_uint(x) && yyjson_is_uint(y) &&
		    yyjson_get_uint(x) != yyjson_get_uint(y))
			return (yyjson_get_uint(x) < yyjson_get_uint(y) ?
			    -1 : 1);
	}
	return (0);
}

struct output *
output_split(struct output *ou, const char *key)
{
	struct output	*other;
	size_t		 i, n = 0;

	if (ou->ou_nrows == 0 || (other = output_new()) == NULL)
		return (NULL);
	if ((other->ou_rows = calloc(ou->ou_nrows,
	    sizeof(*other->ou_rows))) == NULL) {
		output_free(other);
		return (NULL);
	}
	other->ou_size = ou->ou_nrows;
	for (i = 0; i < ou->ou_nrows; i++) {
		if (yyjson_obj_get(yyjson_doc_get_root(ou->ou_rows[i]),
		    key) != NULL)
			other->ou_rows[other->ou_nrows++] = ou->ou_rows[i];
		else
			ou->ou_rows[n++] = ou->ou_rows[i];
	}
	ou->ou_nrows = n;
	return (other);
}

/* There is room: they were split off. */
void
output_append(struct output *ou, struct output *other)
{
	size_t	i, n = 0;

	for (i = 0; i < other->ou_nrows; i++) {
		if (ou->ou_nrows < ou->ou_size)
			ou->ou_rows[ou->ou_nrows++] = other->ou_rows[i];
		else
			other->ou_rows[n++] = other->ou_rows[i];
	}
	other->ou_nrows = n;
}

void
output_json(const struct output *ou, FILE *fp)
{
	size_t	i;

	(void)fputs("[", fp);
	for (i = 0; i < ou->ou_nrows; i++) {
		(void)fputs(i == 0 ? "\n" : ",\n", fp);
		/* Out of memory: the array ends here, visibly. */
		if (!yyjson_write_fp(fp, ou->ou_rows[i], YYJSON_WRITE_NOFLAG,
		    NULL, NULL))
			return;
	}
	(void)fputs(ou->ou_nrows == 0 ? "]\n" : "\n]\n", fp);
}

void
output_table(const struct output *ou, const char *const *only, FILE *fp)
{
	struct column	 columns[OUTPUT_COLUMNS_MAX], *co;
	yyjson_val	*val;
	char		 value[VALUE_MAX];
	size_t		 i, j, n, width;

	n = pick_columns(columns, find_columns(ou, columns), only);
	for (j = 0; j < n; j++) {
		width = format_name(columns[j].co_key, columns[j].co_key_len,
		    value);
		print_padded(fp, value, width, columns[j].co_width,
		    columns[j].co_right, j + 1 == n);
	}
	for (i = 0; i < ou->ou_nrows; i++) {
		for (j = 0; j < n; j++) {
			co = &columns[j];
			val = yyjson_obj_getn(yyjson_doc_get_root(
			    ou->ou_rows[i]), co->co_key, co->co_key_len);
			width = format_value(co->co_key, co->co_key_len, val,
			    true, value);
			print_padded(fp, value, width, co->co_width,
			    co->co_right, j + 1 == n);
		}
	}
}

void
output_blocks(const struct output *ou, bool times, FILE *fp)
{
	yyjson_obj_iter	 iter;
	yyjson_val	*key, *val;
	char		 name[VALUE_MAX], value[VALUE_MAX];
	size_t		 i, n, widest, width;

	for (i = 0; i < ou->ou_nrows; i++) {
		widest = 0;
		iter = yyjson_obj_iter_with(
		    yyjson_doc_get_root(ou->ou_rows[i]));
		while ((key = yyjson_obj_iter_next(&iter)) != NULL) {
			width = format_text(yyjson_get_str(key),
			    yyjson_get_len(key), name);
			if (width > widest)
				widest = width;
		}
		iter = yyjson_obj_iter_with(
		    yyjson_doc_get_root(ou->ou_rows[i]));
		for (n = 0; (key = yyjson_obj_iter_next(&iter)) != NULL; n++) {
			val = yyjson_obj_iter_get_val(key);
			width = format_text(yyjson_get_str(key),
			    yyjson_get_len(key), name);
			(void)format_value(yyjson_get_str(key),
			    yyjson_get_len(key), val, times, value);
			/* The first cell is the heading. */
			if (n == 0)
				(void)fprintf(fp, "%s%s\n", i == 0 ? "" :
				    "\n", value);
			else
				(void)fprintf(fp, "    %s%*s%s\n", name,
				    (int)(widest - width) + GAP, "", value);
		}
	}
}

/* All keys in the order in which rows bring them up. */
static size_t
find_columns(const struct output *ou, struct column *columns)
{
	yyjson_obj_iter	 iter;
	yyjson_val	*key, *val;
	struct column	*co;
	char		 value[VALUE_MAX];
	size_t		 i, j, n = 0, width;

	for (i = 0; i < ou->ou_nrows; i++) {
		iter = yyjson_obj_iter_with(
		    yyjson_doc_get_root(ou->ou_rows[i]));
		while ((key = yyjson_obj_iter_next(&iter)) != NULL) {
			val = yyjson_obj_iter_get_val(key);
			for (j = 0; j < n; j++)
				if (yyjson_equals_strn(key, columns[j].co_key,
				    columns[j].co_key_len))
					break;
			if (j == OUTPUT_COLUMNS_MAX)
				continue;
			co = &columns[j];
			if (j == n) {
				co->co_key = yyjson_get_str(key);
				co->co_key_len = yyjson_get_len(key);
				co->co_width = format_name(co->co_key,
				    co->co_key_len, value);
				co->co_right = true;
				n++;
			}
			width = format_value(co->co_key, co->co_key_len, val,
			    true, value);
			if (width > co->co_width)
				co->co_width = width;
			if (!yyjson_is_num(val) || is_time(co->co_key,
			    co->co_key_len))
				co->co_right = false;
		}
	}
	return (n);
}

/* Those named by only, in that order; the rest is left out. */
static size_t
pick_columns(struct column *columns, size_t n, const char *const *only)
{
	struct column	tmp;
	size_t		i, picked = 0;

	if (only == NULL)
		return (n);
	for (; *only != NULL; only++) {
		for (i = picked; i < n; i++)
			if (columns[i].co_key_len == strlen(*only) &&
			    memcmp(columns[i].co_key, *only,
			    columns[i].co_key_len) == 0)
				break;
		if (i == n)
			continue;
		tmp = columns[picked];
		columns[picked++] = columns[i];
		columns[i] = tmp;
	}
	return (picked);
}

static void
print_padded(FILE *fp, const char *text, size_t width, size_t column,
    bool right, bool last)
{
	size_t	pad = column > width ? column - width : 0;

	if (right)
		(void)fprintf(fp, "%*s%s", (int)pad, "", text);
	else if (last)
		(void)fputs(text, fp);
	else
		(void)fprintf(fp, "%s%*s", text, (int)pad, "");
	if (last)
		(void)fputs("\n", fp);
	else
		(void)fprintf(fp, "%*s", GAP, "");
}

/* Cells with a Unix time in milliseconds. */
static bool
is_time(const char *key, size_t len)
{
	static const char *const	names[] = {
		"created", "answered", "ended"
	};
	size_t				i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len &&
		    memcmp(names[i], key, len) == 0)
			return (true);
	return (false);
}

/* age_s, uptime_s, ... */
static bool
is_duration(const char *key, size_t len)
{
	return (len > 2 && memcmp(key + len - 2, "_s", 2) == 0);
}

/* Heading of a column; its width. */
static size_t
format_name(const char *key, size_t len, char out[VALUE_MAX])
{
	size_t	i, width;

	if (is_duration(key, len))
		len -= 2;
	width = format_text(key, len, out);
	for (i = 0; out[i] != '\0'; i++)
		out[i] = (char)toupper((unsigned char)out[i]);
	return (width);
}

/* Width on the terminal. */
static size_t
format_value(const char *key, size_t len, yyjson_val *val, bool times,
    char out[VALUE_MAX])
{
	if (yyjson_is_str(val) && yyjson_get_len(val) > 0)
		return (format_text(yyjson_get_str(val), yyjson_get_len(val),
		    out));
	if (yyjson_is_bool(val))
		strlcpy(out, yyjson_get_bool(val) ? "yes" : "no", VALUE_MAX);
	else if (yyjson_is_uint(val) && times && is_time(key, len))
		format_time(yyjson_get_uint(val), out);
	else if (yyjson_is_uint(val) && is_duration(key, len))
		format_duration(yyjson_get_uint(val), out);
	else if (yyjson_is_uint(val))
		(void)snprintf(out, VALUE_MAX, "%" PRIu64,
		    yyjson_get_uint(val));
	else if (yyjson_is_num(val))
		(void)snprintf(out, VALUE_MAX, "%g", yyjson_get_num(val));
	else
		strlcpy(out, "-", VALUE_MAX);
	return (strlen(out));
}

static void
format_time(uint64_t ms, char out[VALUE_MAX])
{
	struct tm	tm;
	time_t		t = (time_t)(ms / 1000);

	if (ms == 0 || localtime_r(&t, &tm) == NULL ||
	    strftime(out, VALUE_MAX, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		strlcpy(out, "-", VALUE_MAX);
}

static void
format_duration(uint64_t s, char out[VALUE_MAX])
{
	if (s < 60)
		(void)snprintf(out, VALUE_MAX, "%" PRIu64 "s", s);
	else if (s < 3600)
		(void)snprintf(out, VALUE_MAX, "%" PRIu64 "m%02" PRIu64 "s",
		    s / 60, s % 60);
	else if (s < 86400)
		(void)snprintf(out, VALUE_MAX, "%" PRIu64 "h%02" PRIu64 "m",
		    s / 3600, s / 60 % 60);
	else
		(void)snprintf(out, VALUE_MAX, "%" PRIu64 "d%02" PRIu64 "h",
		    s / 86400, s / 3600 % 24);
}

/*
 * Aliases and the like are what strangers chose: everything that the
 * terminal would not simply show becomes \xNN.
 */
static size_t
format_text(const char *text, size_t len, char out[VALUE_MAX])
{
	mbstate_t	 state;
	wchar_t		 wc;
	size_t		 i, n, o = 0, width = 0;
	int		 columns;

	memset(&state, 0, sizeof(state));
	for (i = 0; i < len; i += n) {
		n = mbrtowc(&wc, text + i, len - i, &state);
		columns = -1;
		if (n == (size_t)-1 || n == (size_t)-2 || n == 0) {
			memset(&state, 0, sizeof(state));
			n = 1;
		} else if (wc != L'\\' && iswprint((wint_t)wc))
			columns = wcwidth(wc);
		/* The longest of both forms has to fit. */
		if (o + n * 4 + 1 > VALUE_MAX)
			break;
		if (columns > 0) {
			memcpy(out + o, text + i, n);
			o += n;
			width += (size_t)columns;
			continue;
		}
		for (size_t k = 0; k < n; k++)
			(void)snprintf(out + o + k * 4, 5, "\\x%02x",
			    (unsigned char)text[i + k]);
		o += n * 4;
		width += n * 4;
	}
	out[o] = '\0';
	return (width);
}

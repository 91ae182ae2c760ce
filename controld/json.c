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

/* JSON lines: see json.h. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "controld/json.h"

static void	json_put(struct json *, const char *, size_t);
static void	json_text(struct json *, const char *, size_t);
static void	json_name(struct json *, const char *, size_t);

void
json_begin(struct json *js)
{
	js->js_len = 0;
	js->js_comma = false;
	js->js_full = false;
	json_put(js, "{", 1);
}

void
json_end(struct json *js)
{
	json_put(js, "}\n", 2);
}

void
json_str(struct json *js, const char *name, size_t name_len, const char *value,
    size_t len)
{
	json_name(js, name, name_len);
	json_text(js, value, len);
}

void
json_u64(struct json *js, const char *name, size_t name_len, uint64_t value)
{
	char	digits[24];
	int	len;

	json_name(js, name, name_len);
	len = snprintf(digits, sizeof(digits), "%" PRIu64, value);
	json_put(js, digits, (size_t)len);
}

void
json_null(struct json *js, const char *name, size_t name_len)
{
	json_name(js, name, name_len);
	json_put(js, "null", 4);
}

void
json_bool(struct json *js, const char *name, size_t name_len, bool value)
{
	json_name(js, name, name_len);
	json_put(js, value ? "true" : "false", value ? 4 : 5);
}

void
json_cell(struct json *js, const struct row_cell *cell)
{
	switch (cell->kind) {
	case ROW_STR:
		json_str(js, cell->name, cell->name_len, cell->str,
		    cell->str_len);
		break;
	case ROW_U64:
		json_u64(js, cell->name, cell->name_len, cell->u64);
		break;
	case ROW_BOOL:
		json_bool(js, cell->name, cell->name_len, cell->boolean);
		break;
	}
}

static void
json_name(struct json *js, const char *name, size_t len)
{
	if (js->js_comma)
		json_put(js, ",", 1);
	js->js_comma = true;
	json_text(js, name, len);
	json_put(js, ":", 1);
}

/*
 * The text is UTF-8 already.  DEL and the C1 controls (U+0080 to U+009F) are
 * legal in JSON but move the cursor of some terminals: escaped as well.
 */
static void
json_text(struct json *js, const char *text, size_t len)
{
	const unsigned char	*p = (const unsigned char *)text;
	char			 escape[8];
	size_t			 i;
	unsigned int		 c;

	json_put(js, "\"", 1);
	for (i = 0; i < len; i++) {
		c = p[i];
		if (c == 0xc2 && i + 1 < len && p[i + 1] < 0xa0)
			c = p[++i];
		else if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) {
			json_put(js, text + i, 1);
			continue;
		}
		if (c == '"' || c == '\\') {
			escape[0] = '\\';
			escape[1] = (char)c;
			json_put(js, escape, 2);
			continue;
		}
		(void)snprintf(escape, sizeof(escape), "\\u%04x", c);
		json_put(js, escape, 6);
	}
	json_put(js, "\"", 1);
}

static void
json_put(struct json *js, const char *data, size_t len)
{
	if (js->js_full || len > sizeof(js->js_text) - js->js_len) {
		js->js_full = true;
		return;
	}
	memcpy(js->js_text + js->js_len, data, len);
	js->js_len += len;
}

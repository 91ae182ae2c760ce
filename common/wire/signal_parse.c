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
 * Signals out of JSON, as strict as wzp-protocol 2.1 says: yyjson checks the
 * text, the tables of signal_fields.c say what may be in it.  What is kept
 * is copied into one arena, the first thing in it the signal itself.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <yyjson.h>

#include "common/wire/signal_fields.h"

/* 63 nested envelopes are 126 levels and parse, 64 do not (2.1). */
#define DEPTH_MAX	127

#define CHUNK_SIZE	2048

/* Half a step above the largest float: from here on one rounds to infinity. */
#define F32_OVERFLOW	0x1.ffffffp127

struct chunk {
	struct chunk	*c_next;
	size_t		 c_used;
	size_t		 c_size;
	max_align_t	 c_data[];
};

struct parser {
	struct chunk	*p_arena;
	const char	*p_why;
};

static int	 fail(struct parser *, const char *);
static void	*arena_alloc(struct parser *, size_t, size_t);
static void	 arena_free(struct chunk *);
static bool	 depth_ok(const uint8_t *, size_t);
static bool	 string_is(yyjson_val *, const char *);
static int	 parse_signal(struct parser *, yyjson_val *, struct signal *,
		    unsigned int);
static int	 parse_object(struct parser *, const struct object *,
		    yyjson_val *, char *, unsigned int);
static int	 parse_map(struct parser *, const struct object *,
		    yyjson_val *, char *, unsigned int);
static int	 parse_array(struct parser *, const struct object *,
		    yyjson_val *, char *, unsigned int);
static int	 parse_missing(struct parser *, const struct field *, char *);
static int	 parse_field(struct parser *, const struct field *,
		    yyjson_val *, char *, unsigned int);
static int	 parse_number(struct parser *, const struct field *,
		    yyjson_val *, char *);
static int	 parse_f32(struct parser *, yyjson_val *, float *);
static int	 parse_enum(struct parser *, const struct field *,
		    yyjson_val *, unsigned int *);
static int	 parse_string(struct parser *, yyjson_val *, const char **);
static int	 parse_bytes(struct parser *, yyjson_val *, uint8_t *);
static int	 parse_strings(struct parser *, yyjson_val *,
		    struct field_list *);
static int	 parse_objects(struct parser *, const struct object *,
		    yyjson_val *, struct field_list *, unsigned int);

static int
fail(struct parser *p, const char *why)
{
	if (p->p_why == NULL)
		p->p_why = why;
	return (-1);
}

/* Zeroed; not NULL for 0 bytes. */
static void *
arena_alloc(struct parser *p, size_t n, size_t size)
{
	struct chunk	*c = p->p_arena;
	size_t		 len, align = sizeof(max_align_t);
	void		*mem;

	/* All counts come from a text of SIGNAL_MAX bytes: no overflow. */
	len = (n * size + align - 1) / align * align;
	if (c == NULL || c->c_size - c->c_used < len) {
		size_t	 room = len > CHUNK_SIZE ? len : CHUNK_SIZE;

		if ((c = calloc(1, sizeof(*c) + room)) == NULL) {
			fail(p, "out of memory");
			return (NULL);
		}
		c->c_size = room;
		c->c_next = p->p_arena;
		p->p_arena = c;
	}
	mem = (char *)c->c_data + c->c_used;
	c->c_used += len;
	return (mem);
}

static void
arena_free(struct chunk *c)
{
	struct chunk	*next;

	for (; c != NULL; c = next) {
		next = c->c_next;
		free(c);
	}
}

/* Brackets outside strings; what is no JSON is found by the parser. */
static bool
depth_ok(const uint8_t *text, size_t len)
{
	size_t	 i, depth = 0;
	bool	 quoted = false;

	for (i = 0; i < len; i++) {
		if (quoted) {
			if (text[i] == '\\')
				i++;
			else if (text[i] == '"')
				quoted = false;
			continue;
		}
		switch (text[i]) {
		case '"':
			quoted = true;
			break;
		case '[':
		case '{':
			if (++depth > DEPTH_MAX)
				return (false);
			break;
		case ']':
		case '}':
			if (depth > 0)
				depth--;
			break;
		}
	}
	return (true);
}

struct signal *
signal_parse(const uint8_t *text, size_t len, const char **why)
{
	struct parser	 p = { NULL, NULL };
	struct signal	*s = NULL;
	yyjson_alc	 alc;
	yyjson_doc	*doc;
	void		*pool = NULL;
	size_t		 size;
	int		 ok = -1;

	if (len == 0 || len > SIGNAL_MAX) {
		fail(&p, len == 0 ? "empty" : "too long");
		goto done;
	}
	if (!depth_ok(text, len)) {
		fail(&p, "nested too deeply");
		goto done;
	}
	size = yyjson_read_max_memory_usage(len, YYJSON_READ_NOFLAG);
	if ((pool = malloc(size)) == NULL) {
		fail(&p, "out of memory");
		goto done;
	}
	yyjson_alc_pool_init(&alc, pool, size);
	/* Without YYJSON_READ_INSITU the text is not written to. */
	if ((doc = yyjson_read_opts((char *)(uintptr_t)text, len,
	    YYJSON_READ_NOFLAG, &alc, NULL)) == NULL) {
		fail(&p, "not JSON");
		goto done;
	}
	if ((s = arena_alloc(&p, 1, sizeof(*s))) != NULL)
		ok = parse_signal(&p, yyjson_doc_get_root(doc), s, 0);
done:
	free(pool);
	if (why != NULL)
		*why = ok == 0 ? NULL : p.p_why;
	if (ok == -1) {
		arena_free(p.p_arena);
		return (NULL);
	}
	s->arena = p.p_arena;
	return (s);
}

void
signal_free(struct signal *s)
{
	if (s != NULL)
		arena_free(s->arena);
}

static bool
string_is(yyjson_val *val, const char *s)
{
	size_t	 len = strlen(s);

	return (yyjson_get_len(val) == len &&
	    memcmp(yyjson_get_str(val), s, len) == 0);
}

/* "Unit", {"Unit":null} or {"Struct":{...}} */
static int
parse_signal(struct parser *p, yyjson_val *val, struct signal *s,
    unsigned int nest)
{
	const struct variant	*v;
	yyjson_obj_iter		 iter;
	yyjson_val		*name = val, *body = NULL;
	unsigned int		 i;

	if (yyjson_is_obj(val)) {
		if (yyjson_obj_size(val) != 1)
			return (fail(p, "not exactly one message"));
		yyjson_obj_iter_init(val, &iter);
		name = yyjson_obj_iter_next(&iter);
		body = yyjson_obj_iter_get_val(name);
	} else if (!yyjson_is_str(val))
		return (fail(p, "not a message"));

	for (i = 1; i < SIGNAL_TYPE_MAX; i++)
		if (string_is(name, signal_variants[i].v_name))
			break;
	if (i == SIGNAL_TYPE_MAX)
		return (fail(p, "unknown message"));
	s->type = (enum signal_type)i;

	v = &signal_variants[i];
	if (v->v_object.o_fields == NULL) {
		if (body != NULL && !yyjson_is_null(body))
			return (fail(p, "message has no fields"));
		return (0);
	}
	if (body == NULL)
		return (fail(p, "message without its fields"));
	return (parse_object(p, &v->v_object, body, (char *)s, nest));
}

static int
parse_object(struct parser *p, const struct object *o, yyjson_val *val,
    char *base, unsigned int nest)
{
	if (yyjson_is_obj(val))
		return (parse_map(p, o, val, base, nest));
	if (yyjson_is_arr(val))
		return (parse_array(p, o, val, base, nest));
	return (fail(p, "not an object"));
}

static int
parse_map(struct parser *p, const struct object *o, yyjson_val *val,
    char *base, unsigned int nest)
{
	yyjson_obj_iter	 iter;
	yyjson_val	*key;
	uint32_t	 seen = 0;
	size_t		 i;

	yyjson_obj_iter_init(val, &iter);
	while ((key = yyjson_obj_iter_next(&iter)) != NULL) {
		for (i = 0; i < o->o_nfields; i++)
			if (string_is(key, o->o_fields[i].f_name))
				break;
		if (i == o->o_nfields)
			continue;
		if (seen & 1U << i)
			return (fail(p, "repeated field"));
		seen |= 1U << i;
		if (parse_field(p, &o->o_fields[i],
		    yyjson_obj_iter_get_val(key), base, nest) == -1)
			return (-1);
	}
	for (i = 0; i < o->o_nfields; i++)
		if ((seen & 1U << i) == 0 &&
		    parse_missing(p, &o->o_fields[i], base) == -1)
			return (-1);
	return (0);
}

/*
 * Fields in their order; those at the end that are left out when empty may be
 * left out here too.  Nobody sends this form, so it has no extensions.
 */
static int
parse_array(struct parser *p, const struct object *o, yyjson_val *val,
    char *base, unsigned int nest)
{
	const struct field	*f;
	yyjson_arr_iter		 iter;
	yyjson_val		*elem;
	size_t			 i;

	yyjson_arr_iter_init(val, &iter);
	for (i = 0; i < o->o_nfields; i++) {
		f = &o->o_fields[i];
		elem = NULL;
		if (f->f_kind != FK_EXTENSION)
			elem = yyjson_arr_iter_next(&iter);
		if (elem != NULL) {
			if (parse_field(p, f, elem, base, nest) == -1)
				return (-1);
		} else if (f->f_kind == FK_NULLABLE)
			return (fail(p, "missing field"));
		else if (parse_missing(p, f, base) == -1)
			return (-1);
	}
	if (yyjson_arr_iter_has_next(&iter))
		return (fail(p, "too many fields"));
	return (0);
}

static int
parse_missing(struct parser *p, const struct field *f, char *base)
{
	if (f->f_kind == FK_REQUIRED)
		return (fail(p, "missing field"));
	/* All defaults are 0, NULL and lists of none but this. */
	if (f->f_kind == FK_DEFAULT && f->f_type == FT_STRING)
		*(const char **)(void *)(base + f->f_offset) = "";
	return (0);
}

static int
parse_field(struct parser *p, const struct field *f, yyjson_val *val,
    char *base, unsigned int nest)
{
	struct sig_bytes	*bytes;
	struct signal		*inner;
	void			*at = base + f->f_offset;
	uint8_t			*data;

	if (yyjson_is_null(val) && (f->f_kind == FK_NULLABLE ||
	    f->f_kind == FK_OMITTED || f->f_kind == FK_EXTENSION))
		return (parse_missing(p, f, base));

	switch (f->f_type) {
	case FT_STRING:
		return (parse_string(p, val, at));
	case FT_BOOL:
		if (!yyjson_is_bool(val))
			return (fail(p, "not a boolean"));
		*(bool *)at = yyjson_get_bool(val);
		return (0);
	case FT_U8:
	case FT_U32:
	case FT_U64:
		return (parse_number(p, f, val, at));
	case FT_F32:
		return (parse_f32(p, val, at));
	case FT_ENUM:
		return (parse_enum(p, f, val, at));
	case FT_BYTES32:
		if (!yyjson_is_arr(val) || yyjson_arr_size(val) != 32)
			return (fail(p, "not 32 bytes"));
		return (parse_bytes(p, val, at));
	case FT_BYTES:
		if (!yyjson_is_arr(val))
			return (fail(p, "not an array of bytes"));
		if (f->f_exact != 0 && yyjson_arr_size(val) != f->f_exact)
			return (fail(p, "not 32 bytes"));
		if ((data = arena_alloc(p, yyjson_arr_size(val), 1)) == NULL)
			return (-1);
		bytes = at;
		bytes->data = data;
		bytes->len = yyjson_arr_size(val);
		return (parse_bytes(p, val, data));
	case FT_STRINGS:
		return (parse_strings(p, val, at));
	case FT_OBJECT:
		if (f->f_has != 0)
			*(bool *)(base + f->f_has) = true;
		return (parse_object(p, f->f_object, val, at, nest));
	case FT_OBJECTS:
		return (parse_objects(p, f->f_object, val, at, nest));
	case FT_SIGNAL:
		if (nest == SIGNAL_NEST)
			return (fail(p, "nested too deeply"));
		if ((inner = arena_alloc(p, 1, sizeof(*inner))) == NULL)
			return (-1);
		*(struct signal **)at = inner;
		return (parse_signal(p, val, inner, nest + 1));
	}
	return (fail(p, "unknown type of field"));
}

/* 20.0, 1e3, -1 and -0 are none, nor is what does not fit. */
static int
parse_number(struct parser *p, const struct field *f, yyjson_val *val,
    char *at)
{
	uint64_t	 n, max = UINT64_MAX;

	if (f->f_type == FT_U8)
		max = UINT8_MAX;
	else if (f->f_type == FT_U32)
		max = UINT32_MAX;
	if (!yyjson_is_uint(val) || (n = yyjson_get_uint(val)) > max)
		return (fail(p, "not a number of its type"));
	if (f->f_type == FT_U8)
		*(uint8_t *)at = (uint8_t)n;
	else if (f->f_type == FT_U32)
		*(uint32_t *)(void *)at = (uint32_t)n;
	else
		*(uint64_t *)(void *)at = n;
	return (0);
}

static int
parse_f32(struct parser *p, yyjson_val *val, float *out)
{
	double	 d;

	if (yyjson_is_uint(val))
		*out = (float)yyjson_get_uint(val);
	else if (yyjson_is_sint(val)) {
		/* -0 keeps its sign, as a real */
		*out = (float)yyjson_get_sint(val);
		if (yyjson_get_sint(val) == 0)
			*out = -0.0f;
	} else if (yyjson_is_real(val)) {
		d = yyjson_get_real(val);
		/* Infinity would go out as null, which nobody parses. */
		if (d >= F32_OVERFLOW || d <= -F32_OVERFLOW)
			return (fail(p, "number too large"));
		*out = (float)d;
	} else
		return (fail(p, "not a number"));
	return (0);
}

/* "Name" or {"Name":null} */
static int
parse_enum(struct parser *p, const struct field *f, yyjson_val *val,
    unsigned int *out)
{
	yyjson_obj_iter	 iter;
	const char	*name;
	unsigned int	 i;

	if (yyjson_is_obj(val)) {
		if (yyjson_obj_size(val) != 1)
			return (fail(p, "not exactly one name"));
		yyjson_obj_iter_init(val, &iter);
		val = yyjson_obj_iter_next(&iter);
		if (!yyjson_is_null(yyjson_obj_iter_get_val(val)))
			return (fail(p, "name with a value"));
	} else if (!yyjson_is_str(val))
		return (fail(p, "not a name"));
	for (i = 0; (name = f->f_names(i)) != NULL; i++)
		if (string_is(val, name)) {
			*out = i;
			return (0);
		}
	return (fail(p, "unknown name"));
}

static int
parse_string(struct parser *p, yyjson_val *val, const char **out)
{
	size_t	 len;
	char	*s;

	if (!yyjson_is_str(val))
		return (fail(p, "not a string"));
	len = yyjson_get_len(val);
	/* Two peers could take different names for the same otherwise. */
	if (memchr(yyjson_get_str(val), '\0', len) != NULL)
		return (fail(p, "NUL in a string"));
	if ((s = arena_alloc(p, len + 1, 1)) == NULL)
		return (-1);
	memcpy(s, yyjson_get_str(val), len);
	*out = s;
	return (0);
}

static int
parse_bytes(struct parser *p, yyjson_val *val, uint8_t *out)
{
	yyjson_arr_iter	 iter;
	yyjson_val	*elem;

	yyjson_arr_iter_init(val, &iter);
	while ((elem = yyjson_arr_iter_next(&iter)) != NULL) {
		if (!yyjson_is_uint(elem) || yyjson_get_uint(elem) > 255)
			return (fail(p, "not a byte"));
		*out++ = (uint8_t)yyjson_get_uint(elem);
	}
	return (0);
}

static int
parse_strings(struct parser *p, yyjson_val *val, struct field_list *out)
{
	yyjson_arr_iter	 iter;
	yyjson_val	*elem;
	const char	**list;

	if (!yyjson_is_arr(val))
		return (fail(p, "not a list"));
	if ((list = arena_alloc(p, yyjson_arr_size(val),
	    sizeof(*list))) == NULL)
		return (-1);
	out->list = list;
	yyjson_arr_iter_init(val, &iter);
	while ((elem = yyjson_arr_iter_next(&iter)) != NULL)
		if (parse_string(p, elem, &list[out->n++]) == -1)
			return (-1);
	return (0);
}

static int
parse_objects(struct parser *p, const struct object *o, yyjson_val *val,
    struct field_list *out, unsigned int nest)
{
	yyjson_arr_iter	 iter;
	yyjson_val	*elem;
	char		*at;

	if (!yyjson_is_arr(val))
		return (fail(p, "not a list"));
	if ((at = arena_alloc(p, yyjson_arr_size(val), o->o_size)) == NULL)
		return (-1);
	out->list = at;
	yyjson_arr_iter_init(val, &iter);
	while ((elem = yyjson_arr_iter_next(&iter)) != NULL) {
		if (parse_object(p, o, elem, at, nest) == -1)
			return (-1);
		at += o->o_size;
		out->n++;
	}
	return (0);
}

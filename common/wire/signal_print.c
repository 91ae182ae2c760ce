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
 * Signals as JSON, byte for byte as the original's serializer prints them:
 * compact, fields in order of declaration, floats in their shortest form.
 */

#include "config.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/wire/signal_fields.h"

/* What does not fit or cannot be printed sets failed, and nothing follows. */
struct out {
	char	*buf;
	size_t	 cap;
	size_t	 len;
	bool	 failed;
};

#define F32_DIGITS	9	/* enough for any float */
#define F32_PLAIN_MAX	13	/* digits before the point without exponent */
#define F32_PLAIN_MIN	(-5)	/* zeros behind it are fewer than six */

static void	 put(struct out *, const char *, size_t);
static void	 put_text(struct out *, const char *);
static void	 put_u64(struct out *, uint64_t);
static void	 put_string(struct out *, const char *);
static int	 f32_digits(float, char[F32_DIGITS + 2], int *);
static void	 put_f32(struct out *, float);
static void	 put_bytes(struct out *, const uint8_t *, size_t);
static bool	 is_none(const struct field *, const char *);
static void	 put_field(struct out *, const struct field *, const char *,
		    unsigned int);
static void	 put_object(struct out *, const struct object *, const char *,
		    unsigned int);
static void	 put_signal(struct out *, const struct signal *,
		    unsigned int);

static void
put(struct out *o, const char *s, size_t len)
{
	if (o->failed || len >= o->cap - o->len) {
		o->failed = true;
		return;
	}
	memcpy(o->buf + o->len, s, len);
	o->len += len;
}

static void
put_text(struct out *o, const char *s)
{
	put(o, s, strlen(s));
}

static void
put_u64(struct out *o, uint64_t n)
{
	char	 buf[24];
	int	 len;

	len = snprintf(buf, sizeof(buf), "%" PRIu64, n);
	put(o, buf, (size_t)len);
}

static void
put_string(struct out *o, const char *s)
{
	static const char	 plain[] = "\"\\\b\f\n\r\t";
	static const char	 escaped[] = "\"\\bfnrt";
	const char		*p;
	char			 esc[8];
	size_t			 len;

	if (s == NULL) {
		o->failed = true;
		return;
	}
	put(o, "\"", 1);
	while (*s != '\0') {
		for (len = 0; (unsigned char)s[len] >= 0x20 &&
		    s[len] != '"' && s[len] != '\\'; len++)
			;
		put(o, s, len);
		s += len;
		if (*s == '\0')
			break;
		if ((p = strchr(plain, *s)) != NULL)
			snprintf(esc, sizeof(esc), "\\%c",
			    escaped[p - plain]);
		else
			snprintf(esc, sizeof(esc), "\\u%04x",
			    (unsigned int)(unsigned char)*s);
		put_text(o, esc);
		s++;
	}
	put(o, "\"", 1);
}

/*
 * The fewest digits d1d2... that read back as f (> 0), the nearest ones of
 * that many, and the exponent of 0.d1d2...  Nothing depends on the locale.
 */
static int
f32_digits(float f, char digits[F32_DIGITS + 2], int *exponent)
{
	static const int	 steps[] = { 0, 1, -1 };
	const char		*p;
	char			 buf[32];
	long			 mantissa;
	size_t			 i;
	int			 n, exp10;

	for (n = 1; n <= F32_DIGITS; n++) {
		snprintf(buf, sizeof(buf), "%.*e", n - 1, (double)f);
		mantissa = 0;
		for (p = buf; *p != 'e'; p++)
			if (*p >= '0' && *p <= '9')
				mantissa = mantissa * 10 + (*p - '0');
		exp10 = atoi(p + 1) - (n - 1);
		/*
		 * Below a power of two floats are twice as dense as above:
		 * the nearest number of n digits may miss where its neighbour
		 * hits.
		 */
		for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
			snprintf(buf, sizeof(buf), "%lde%d",
			    mantissa + steps[i], exp10);
			if (strtof(buf, NULL) != f)
				continue;
			n = snprintf(digits, F32_DIGITS + 2, "%ld",
			    mantissa + steps[i]);
			*exponent = exp10 + n;
			return (n);
		}
	}
	return (-1);
}

static void
put_f32(struct out *o, float f)
{
	static const char	 zeros[] = "0000000000000";
	char			 digits[F32_DIGITS + 2], exp[16];
	int			 n, e;

	if (!isfinite(f)) {
		o->failed = true;
		return;
	}
	if (signbit(f)) {
		put(o, "-", 1);
		f = -f;
	}
	if (!(f > 0)) {
		put_text(o, "0.0");
		return;
	}
	if ((n = f32_digits(f, digits, &e)) == -1) {
		o->failed = true;
		return;
	}
	if (e > 0 && e <= F32_PLAIN_MAX) {
		if (n <= e) {
			put(o, digits, (size_t)n);
			put(o, zeros, (size_t)(e - n));
			put_text(o, ".0");
		} else {
			put(o, digits, (size_t)e);
			put(o, ".", 1);
			put(o, digits + e, (size_t)(n - e));
		}
	} else if (e <= 0 && e >= F32_PLAIN_MIN) {
		put_text(o, "0.");
		put(o, zeros, (size_t)-e);
		put(o, digits, (size_t)n);
	} else {
		put(o, digits, 1);
		if (n > 1) {
			put(o, ".", 1);
			put(o, digits + 1, (size_t)n - 1);
		}
		snprintf(exp, sizeof(exp), "e%d", e - 1);
		put_text(o, exp);
	}
}

static void
put_bytes(struct out *o, const uint8_t *p, size_t len)
{
	size_t	 i;

	put(o, "[", 1);
	for (i = 0; i < len && !o->failed; i++) {
		if (i > 0)
			put(o, ",", 1);
		put_u64(o, p[i]);
	}
	put(o, "]", 1);
}

/* Is the value of an optional field absent, or empty if that is the same? */
static bool
is_none(const struct field *f, const char *base)
{
	const void	*at = base + f->f_offset;

	switch (f->f_type) {
	case FT_STRING:
		return (*(const char *const *)at == NULL);
	case FT_U64:
		return (f->f_kind == FK_EXTENSION &&
		    *(const uint64_t *)at == 0);
	case FT_BYTES:
		return (((const struct sig_bytes *)at)->data == NULL);
	case FT_STRINGS:
	case FT_OBJECTS:
		return (((const struct field_list *)at)->n == 0);
	case FT_OBJECT:
		return (f->f_has != 0 && !*(const bool *)(base + f->f_has));
	default:
		return (false);
	}
}

static void
put_field(struct out *o, const struct field *f, const char *base,
    unsigned int nest)
{
	const struct field_list	*list;
	const struct sig_bytes	*bytes;
	const void		*at = base + f->f_offset;
	const char		*name;
	size_t			 i;

	switch (f->f_type) {
	case FT_STRING:
		put_string(o, *(const char *const *)at);
		break;
	case FT_BOOL:
		put_text(o, *(const bool *)at ? "true" : "false");
		break;
	case FT_U8:
		put_u64(o, *(const uint8_t *)at);
		break;
	case FT_U32:
		put_u64(o, *(const uint32_t *)at);
		break;
	case FT_U64:
		put_u64(o, *(const uint64_t *)at);
		break;
	case FT_F32:
		put_f32(o, *(const float *)at);
		break;
	case FT_ENUM:
		if ((name = f->f_names(*(const unsigned int *)at)) == NULL)
			o->failed = true;
		else
			put_string(o, name);
		break;
	case FT_BYTES32:
		put_bytes(o, at, 32);
		break;
	case FT_BYTES:
		bytes = at;
		if (f->f_exact != 0 && bytes->len != f->f_exact)
			o->failed = true;
		put_bytes(o, bytes->data, bytes->len);
		break;
	case FT_STRINGS:
	case FT_OBJECTS:
		list = at;
		put(o, "[", 1);
		for (i = 0; i < list->n && !o->failed; i++) {
			if (i > 0)
				put(o, ",", 1);
			if (f->f_type == FT_STRINGS)
				put_string(o, ((const char **)list->list)[i]);
			else
				put_object(o, f->f_object,
				    (const char *)list->list +
				    i * f->f_object->o_size, nest);
		}
		put(o, "]", 1);
		break;
	case FT_OBJECT:
		put_object(o, f->f_object, at, nest);
		break;
	case FT_SIGNAL:
		put_signal(o, *(struct signal *const *)at, nest + 1);
		break;
	}
}

static void
put_object(struct out *o, const struct object *obj, const char *base,
    unsigned int nest)
{
	const struct field	*f;
	size_t			 i;
	bool			 none, first = true;

	put(o, "{", 1);
	for (i = 0; i < obj->o_nfields && !o->failed; i++) {
		f = &obj->o_fields[i];
		none = is_none(f, base);
		if (none && (f->f_kind == FK_OMITTED ||
		    f->f_kind == FK_DEFAULT_OMITTED ||
		    f->f_kind == FK_EXTENSION))
			continue;
		if (!first)
			put(o, ",", 1);
		first = false;
		put_string(o, f->f_name);
		put(o, ":", 1);
		if (none && f->f_kind == FK_NULLABLE)
			put_text(o, "null");
		else
			put_field(o, f, base, nest);
	}
	put(o, "}", 1);
}

static void
put_signal(struct out *o, const struct signal *s, unsigned int nest)
{
	const struct variant	*v;

	if (s == NULL || nest > SIGNAL_NEST || s->type < SIGNAL_CALL_OFFER ||
	    s->type >= SIGNAL_TYPE_MAX) {
		o->failed = true;
		return;
	}
	v = &signal_variants[s->type];
	if (v->v_object.o_fields == NULL) {
		put_string(o, v->v_name);
		return;
	}
	put(o, "{", 1);
	put_string(o, v->v_name);
	put(o, ":", 1);
	put_object(o, &v->v_object, (const char *)s, nest);
	put(o, "}", 1);
}

int
signal_print(const struct signal *s, char *buf, size_t cap)
{
	struct out	 o = { buf, cap, 0, false };

	if (cap == 0)
		return (-1);
	put_signal(&o, s, 0);
	if (o.failed || o.len > SIGNAL_MAX) {
		buf[0] = '\0';
		return (-1);
	}
	buf[o.len] = '\0';
	return ((int)o.len);
}

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
 * The form of results.json (doc/PERFORMANCE.md).  No fields but those that
 * are named here, and all of them.
 */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench/figures.h"
#include "bench/report.h"

enum type {
	TYPE_NUMBER,
	TYPE_STRING,
	TYPE_BOOL,
	TYPE_MAYBE,		/* string or null */
	TYPE_MAYBE_BOOL,
	TYPE_SPREAD,		/* median, min, max */
	TYPE_NUMBERS,		/* object of numbers */
	TYPE_DELAYS,		/* DELAY_COUNTS counts */
	TYPE_OBJECT,
	TYPE_ARRAY
};

struct field {
	const char	*f_name;
	enum type	 f_type;
};

struct form {
	const char		*fo_name;
	const struct field	*fo_fields;
	size_t			 fo_n;
};

#define FORM(name, fields)	\
	{ name, fields, sizeof(fields) / sizeof((fields)[0]) }

static const struct field	file_fields[] = {
	{ "schema", TYPE_NUMBER },
	{ "build", TYPE_STRING },
	{ "quick", TYPE_BOOL },
	{ "only", TYPE_MAYBE },
	{ "void", TYPE_MAYBE },
	{ "machine", TYPE_OBJECT },
	{ "plain", TYPE_OBJECT },
	{ "wanted", TYPE_ARRAY },
	{ "skipped", TYPE_OBJECT },
	{ "rows", TYPE_ARRAY }
};
static const struct field	machine_fields[] = {
	{ "processors", TYPE_NUMBER },
	{ "cpu", TYPE_STRING },
	{ "kernel", TYPE_STRING },
	{ "load_before", TYPE_NUMBER },
	{ "load_after", TYPE_NUMBER },
	{ "rmem_max", TYPE_NUMBER },
	{ "pinned", TYPE_BOOL }
};
static const struct field	plain_fields[] = {
	{ "version", TYPE_NUMBER },
	{ "limit_us", TYPE_NUMBER }
};
/* Ours and what was measured beside it. */
#define PAIR_FIELDS(other)			\
	{ "kind", TYPE_STRING },		\
	{ "name", TYPE_STRING },		\
	{ "who", TYPE_STRING },			\
	{ "void", TYPE_MAYBE },			\
	{ "calls", TYPE_NUMBER },		\
	{ "copies", TYPE_NUMBER },		\
	{ "limit", TYPE_MAYBE },		\
	{ other "_limit", TYPE_MAYBE },		\
	{ "void_pairs", TYPE_NUMBER },		\
	{ "counters_agree", TYPE_MAYBE_BOOL },	\
	{ "ratio", TYPE_SPREAD },		\
	{ "cpu_us", TYPE_SPREAD },		\
	{ other "_cpu_us", TYPE_SPREAD },	\
	{ "load_us", TYPE_SPREAD },		\
	{ "per_s", TYPE_SPREAD },		\
	{ other "_per_s", TYPE_SPREAD },	\
	{ "loss", TYPE_SPREAD },		\
	{ other "_loss", TYPE_SPREAD },		\
	{ "p50_ms", TYPE_SPREAD },		\
	{ other "_p50_ms", TYPE_SPREAD },	\
	{ "p99_ms", TYPE_SPREAD },		\
	{ other "_p99_ms", TYPE_SPREAD },	\
	{ "delays", TYPE_DELAYS },		\
	{ other "_delays", TYPE_DELAYS },	\
	{ "pairs", TYPE_ARRAY }

static const struct field	media_fields[] = {
	PAIR_FIELDS("plain")
};
static const struct field	half_fields[] = {
	PAIR_FIELDS("plain"),
	{ "added_p50_ms", TYPE_SPREAD },
	{ "added_p99_ms", TYPE_SPREAD }
};
static const struct field	turn_fields[] = {
	PAIR_FIELDS("coturn")
};
static const struct field	rate_fields[] = {
	{ "kind", TYPE_STRING },
	{ "name", TYPE_STRING },
	{ "who", TYPE_STRING },
	{ "void", TYPE_MAYBE },
	{ "at_once", TYPE_NUMBER },
	{ "seconds", TYPE_NUMBER },
	{ "done", TYPE_NUMBER },
	{ "failed", TYPE_NUMBER },
	{ "records", TYPE_NUMBER },
	{ "per_s", TYPE_NUMBER },
	{ "cpu_us", TYPE_NUMBER },
	{ "load_us", TYPE_NUMBER },
	{ "p50_ms", TYPE_NUMBER },
	{ "p99_ms", TYPE_NUMBER },
	{ "delays", TYPE_DELAYS },
	{ "workers", TYPE_NUMBERS }
};
static const struct field	storm_fields[] = {
	{ "kind", TYPE_STRING },
	{ "name", TYPE_STRING },
	{ "who", TYPE_STRING },
	{ "void", TYPE_MAYBE },
	{ "per_s", TYPE_NUMBER },
	{ "held", TYPE_NUMBER },
	{ "lost", TYPE_NUMBER },
	{ "cpu_us", TYPE_NUMBER },
	{ "p50_ms", TYPE_NUMBER },
	{ "p99_ms", TYPE_NUMBER },
	{ "media_loss", TYPE_NUMBER },
	{ "media_p99_ms", TYPE_NUMBER },
	{ "steps", TYPE_ARRAY }
};
static const struct field	storm_step_fields[] = {
	{ "rate", TYPE_NUMBER },
	{ "seconds", TYPE_NUMBER },
	{ "offered", TYPE_NUMBER },
	{ "in_time", TYPE_NUMBER },
	{ "late", TYPE_NUMBER },
	{ "refused", TYPE_NUMBER },
	{ "given_up", TYPE_NUMBER },
	{ "dropped", TYPE_NUMBER },
	{ "p50_ms", TYPE_NUMBER },
	{ "p99_ms", TYPE_NUMBER },
	{ "media_loss", TYPE_NUMBER },
	{ "media_p99_ms", TYPE_NUMBER },
	{ "cpu_us", TYPE_NUMBER },
	{ "load", TYPE_NUMBER },
	{ "behind_ms", TYPE_NUMBER }
};
static const struct field	federated_fields[] = {
	{ "kind", TYPE_STRING },
	{ "name", TYPE_STRING },
	{ "who", TYPE_STRING },
	{ "void", TYPE_MAYBE },
	{ "seconds", TYPE_NUMBER },
	{ "sent", TYPE_NUMBER },
	{ "delivered", TYPE_NUMBER },
	{ "loss", TYPE_NUMBER },
	{ "per_s", TYPE_NUMBER },
	{ "mean_ms", TYPE_NUMBER },
	{ "p99_ms", TYPE_NUMBER },
	{ "workers", TYPE_NUMBERS },
	{ "cpu_us", TYPE_NUMBER }
};
static const struct field	memory_fields[] = {
	{ "kind", TYPE_STRING },
	{ "name", TYPE_STRING },
	{ "who", TYPE_STRING },
	{ "void", TYPE_MAYBE },
	{ "clients", TYPE_NUMBER },
	{ "kib_per_client", TYPE_NUMBER },
	{ "workers", TYPE_NUMBERS }
};
static const struct field	allocs_fields[] = {
	{ "kind", TYPE_STRING },
	{ "name", TYPE_STRING },
	{ "who", TYPE_STRING },
	{ "void", TYPE_MAYBE },
	{ "sent", TYPE_NUMBER },
	{ "delivered", TYPE_NUMBER },
	{ "loss", TYPE_NUMBER },
	{ "calls", TYPE_NUMBERS },
	{ "all", TYPE_NUMBER }
};
static const struct field	instructions_fields[] = {
	{ "kind", TYPE_STRING },
	{ "name", TYPE_STRING },
	{ "who", TYPE_STRING },
	{ "void", TYPE_MAYBE },
	{ "calls", TYPE_NUMBER },
	{ "datagrams", TYPE_NUMBER },
	{ "each", TYPE_NUMBER }
};
static const struct field	aead_fields[] = {
	{ "kind", TYPE_STRING },
	{ "name", TYPE_STRING },
	{ "who", TYPE_STRING },
	{ "void", TYPE_MAYBE },
	{ "cipher", TYPE_STRING },
	{ "packets", TYPE_NUMBER },
	{ "open_us", TYPE_NUMBER },
	{ "seal_us", TYPE_NUMBER },
	{ "cpu_us", TYPE_NUMBER }
};
static const struct field	spread_fields[] = {
	{ "median", TYPE_NUMBER },
	{ "min", TYPE_NUMBER },
	{ "max", TYPE_NUMBER }
};

static const struct form	file_form = FORM("file", file_fields);
static const struct form	machine_form = FORM("machine", machine_fields);
static const struct form	plain_form = FORM("plain", plain_fields);
static const struct form	storm_step_form = FORM("step",
				    storm_step_fields);
static const struct form	spread_form = FORM("spread", spread_fields);
/* By their kind. */
static const struct form	row_forms[] = {
	FORM("media", media_fields),
	FORM("half", half_fields),
	FORM("turn", turn_fields),
	FORM("rate", rate_fields),
	FORM("storm", storm_fields),
	FORM("federated", federated_fields),
	FORM("memory", memory_fields),
	FORM("allocs", allocs_fields),
	FORM("instructions", instructions_fields),
	FORM("aead", aead_fields)
};

/* What a run has that was not told to do less. */
static const char *const	all_rows[] = {
	"media-10", "media-50", "media-200", "media-500", "media-1000",
	"media-saturation", "media-half", "turn", "fanout-10", "fanout-100",
	"fanout-1000", "calls", "registrations", "handshakes", "storm",
	"federated-signal", "federated-out", "federated-back", "memory",
	"allocs", "instructions", "aead"
};

static bool	 has_form(yyjson_val *, const struct form *, const char *,
		    char *, size_t);
static bool	 has_type(yyjson_val *, enum type);
static bool	 is_spread(yyjson_val *);
static bool	 are_numbers(yyjson_val *);
static bool	 are_delays(yyjson_val *);
static bool	 are_steps(yyjson_val *, const char *, char *, size_t);
static bool	 is_row(yyjson_val *, char *, size_t);
static bool	 is_in(yyjson_val *, const char *);
static bool	 has_row(yyjson_val *, const char *);

const char *
schema_check(yyjson_val *file, char *buf, size_t len)
{
	yyjson_val	*rows, *row, *wanted, *skipped, *name;
	size_t		 i, max;

	if (!has_form(file, &file_form, "", buf, len) ||
	    !has_form(yyjson_obj_get(file, "machine"), &machine_form,
	    "machine.", buf, len) ||
	    !has_form(yyjson_obj_get(file, "plain"), &plain_form, "plain.",
	    buf, len))
		return (buf);
	if (yyjson_get_num(yyjson_obj_get(file, "schema")) != REPORT_SCHEMA) {
		(void)snprintf(buf, len, "schema is not %d", REPORT_SCHEMA);
		return (buf);
	}
	if (yyjson_get_num(yyjson_obj_get(yyjson_obj_get(file, "plain"),
	    "limit_us")) != REPORT_PLAIN_US) {
		(void)snprintf(buf, len, "plain.limit_us is not %.1f",
		    REPORT_PLAIN_US);
		return (buf);
	}
	rows = yyjson_obj_get(file, "rows");
	yyjson_arr_foreach(rows, i, max, row)
		if (!is_row(row, buf, len))
			return (buf);
	wanted = yyjson_obj_get(file, "wanted");
	yyjson_arr_foreach(wanted, i, max, name) {
		if (yyjson_is_str(name) &&
		    has_row(rows, yyjson_get_str(name)))
			continue;
		(void)snprintf(buf, len, "row %s is missing",
		    yyjson_is_str(name) ? yyjson_get_str(name) : "?");
		return (buf);
	}
	if (!yyjson_is_null(yyjson_obj_get(file, "only")))
		return (NULL);
	skipped = yyjson_obj_get(file, "skipped");
	for (i = 0; i < sizeof(all_rows) / sizeof(all_rows[0]); i++) {
		if (is_in(wanted, all_rows[i]) ||
		    yyjson_is_str(yyjson_obj_get(skipped, all_rows[i])))
			continue;
		(void)snprintf(buf, len, "row %s was not asked for",
		    all_rows[i]);
		return (buf);
	}
	return (NULL);
}

static bool
has_form(yyjson_val *v, const struct form *fo, const char *where, char *buf,
    size_t len)
{
	const struct field	*f;
	yyjson_val		*member;
	size_t			 i;

	if (!yyjson_is_obj(v)) {
		(void)snprintf(buf, len, "%s is not an object", fo->fo_name);
		return (false);
	}
	for (i = 0; i < fo->fo_n; i++) {
		f = &fo->fo_fields[i];
		member = yyjson_obj_get(v, f->f_name);
		if (member == NULL || !has_type(member, f->f_type)) {
			(void)snprintf(buf, len, "%s%s %s", where, f->f_name,
			    member == NULL ? "is missing" :
			    "has the wrong type");
			return (false);
		}
	}
	if (yyjson_obj_size(v) != fo->fo_n) {
		(void)snprintf(buf, len, "%s has fields that are not in the "
		    "schema", fo->fo_name);
		return (false);
	}
	return (true);
}

static bool
has_type(yyjson_val *v, enum type type)
{
	switch (type) {
	case TYPE_NUMBER:
		return (yyjson_is_num(v));
	case TYPE_STRING:
		return (yyjson_is_str(v));
	case TYPE_BOOL:
		return (yyjson_is_bool(v));
	case TYPE_MAYBE:
		return (yyjson_is_str(v) || yyjson_is_null(v));
	case TYPE_MAYBE_BOOL:
		return (yyjson_is_bool(v) || yyjson_is_null(v));
	case TYPE_SPREAD:
		return (is_spread(v));
	case TYPE_NUMBERS:
		return (are_numbers(v));
	case TYPE_DELAYS:
		return (are_delays(v));
	case TYPE_OBJECT:
		return (yyjson_is_obj(v));
	case TYPE_ARRAY:
		return (yyjson_is_arr(v) && yyjson_arr_size(v) > 0);
	}
	return (false);
}

static bool
is_spread(yyjson_val *v)
{
	char	why[64];
	double	median, min, max;

	if (!has_form(v, &spread_form, "", why, sizeof(why)))
		return (false);
	median = yyjson_get_num(yyjson_obj_get(v, "median"));
	min = yyjson_get_num(yyjson_obj_get(v, "min"));
	max = yyjson_get_num(yyjson_obj_get(v, "max"));
	return (min <= median && median <= max);
}

static bool
are_numbers(yyjson_val *v)
{
	yyjson_val	*key, *value;
	size_t		 i, max;

	if (!yyjson_is_obj(v))
		return (false);
	yyjson_obj_foreach(v, i, max, key, value)
		if (!yyjson_is_num(value))
			return (false);
	return (true);
}

static bool
are_delays(yyjson_val *v)
{
	yyjson_val	*count;
	size_t		 i, max;

	if (!yyjson_is_arr(v) || yyjson_arr_size(v) != DELAY_COUNTS)
		return (false);
	yyjson_arr_foreach(v, i, max, count)
		if (!yyjson_is_uint(count))
			return (false);
	return (true);
}

/* Of a storm; any other row has none. */
static bool
are_steps(yyjson_val *steps, const char *where, char *buf, size_t len)
{
	yyjson_val	*step;
	size_t		 i, max;

	yyjson_arr_foreach(steps, i, max, step)
		if (!has_form(step, &storm_step_form, where, buf, len))
			return (false);
	return (true);
}

static bool
is_row(yyjson_val *row, char *buf, size_t len)
{
	const char	*kind, *name;
	char		 where[64];
	size_t		 i;

	kind = yyjson_get_str(yyjson_obj_get(row, "kind"));
	name = yyjson_get_str(yyjson_obj_get(row, "name"));
	for (i = 0; kind != NULL && i < sizeof(row_forms) /
	    sizeof(row_forms[0]); i++) {
		if (strcmp(row_forms[i].fo_name, kind) != 0)
			continue;
		(void)snprintf(where, sizeof(where), "%s: ",
		    name == NULL ? "a row" : name);
		return (has_form(row, &row_forms[i], where, buf, len) &&
		    are_steps(yyjson_obj_get(row, "steps"), where, buf, len));
	}
	(void)snprintf(buf, len, "a row of no known kind");
	return (false);
}

static bool
is_in(yyjson_val *names, const char *name)
{
	yyjson_val	*v;
	size_t		 i, max;

	yyjson_arr_foreach(names, i, max, v)
		if (yyjson_equals_str(v, name))
			return (true);
	return (false);
}

/* Ours; those of other relays are a gift. */
static bool
has_row(yyjson_val *rows, const char *name)
{
	yyjson_val	*row;
	size_t		 i, max;

	yyjson_arr_foreach(rows, i, max, row)
		if (yyjson_equals_str(yyjson_obj_get(row, "name"), name) &&
		    yyjson_equals_str(yyjson_obj_get(row, "who"), "relay"))
			return (true);
	return (false);
}

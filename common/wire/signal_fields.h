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
 * What the parser and the printer of signals walk: one table of fields for
 * each JSON object of wzp-protocol 3.  Internal to signal*.c.
 */
#ifndef WZP_WIRE_SIGNAL_FIELDS_H
#define WZP_WIRE_SIGNAL_FIELDS_H

#include <stddef.h>

#include "common/wire/signal.h"

enum field_type {
	FT_STRING,		/* const char * */
	FT_BOOL,
	FT_U8,
	FT_U32,
	FT_U64,
	FT_F32,			/* float */
	FT_ENUM,		/* unsigned int; f_names */
	FT_BYTES32,		/* uint8_t[32] */
	FT_BYTES,		/* struct sig_bytes; f_exact: its length */
	FT_STRINGS,		/* struct sig_strings */
	FT_OBJECT,		/* f_object in place; f_has: there or not */
	FT_OBJECTS,		/* struct field_list of f_object */
	FT_SIGNAL		/* struct signal * */
};

/* The kinds of wzp-protocol 3, and ours. */
enum field_kind {
	FK_REQUIRED,		/* R */
	FK_NULLABLE,		/* O: none is printed as null */
	FK_OMITTED,		/* o: none is not printed */
	FK_DEFAULT,		/* D: may be missing, not null */
	FK_DEFAULT_OMITTED,	/* d: as D; not printed when empty */
	FK_EXTENSION		/* as o, but not in the array form */
};

/* The shape of sig_strings, sig_profiles and sig_participants. */
struct field_list {
	void	*list;
	size_t	 n;
};

struct object;

struct field {
	const char		*f_name;
	size_t			 f_offset;
	enum field_type		 f_type;
	enum field_kind		 f_kind;
	size_t			 f_has;		/* offset of a bool, 0: none */
	size_t			 f_exact;
	const char		*(*f_names)(unsigned int);
	const struct object	*f_object;
};

struct object {
	const struct field	*o_fields;	/* NULL: variant without any */
	size_t			 o_nfields;
	size_t			 o_size;	/* for elements of lists */
};

/* A message; offsets of its fields are into struct signal. */
struct variant {
	const char	*v_name;
	struct object	 v_object;
};

#define FIELDS_MAX	16	/* of one object; bits of a mask */
#define SIGNAL_NEST	8	/* FederatedSignalForward in itself */

/* Indexed by enum signal_type; [0] is empty. */
extern const struct variant	signal_variants[SIGNAL_TYPE_MAX];

#endif /* WZP_WIRE_SIGNAL_FIELDS_H */

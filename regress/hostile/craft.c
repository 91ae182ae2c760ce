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
 * See craft.h.  The bytes are written by hand: the encoder of the relay
 * refuses what is wanted here.
 */

#include "config.h"

#include <arpa/inet.h>
#include <stdalign.h>
#include <string.h>

#include "regress/hostile/craft.h"

#define HUGE_LEN	60000
#define DEPTH		4000

union storage {
	max_align_t	align;
	uint8_t		bytes[MSG_STRUCT_MAX];
};

static void	 put(struct craft *, const void *, size_t);
static void	 put_head(struct craft *, uint8_t, uint32_t);
static void	 put_start(struct craft *, uint64_t, size_t);
static void	 put_type(struct craft *, uint64_t);
static void	 put_wrong(struct craft *, enum msg_kind);
static void	 fill_field(const struct msg_field *, uint8_t *,
		    enum craft_set);
static void	 fill_str(const struct msg_field *, char *, enum craft_set);
static uint64_t	 fill_u64(const struct msg_field *, enum craft_set);
static void	 fill_addr(struct addr *, enum craft_set);
static bool	 with_fault(struct craft *, const struct msg_desc *,
		    enum msg_type, enum craft_fault);
static bool	 one_field(struct craft *, const struct msg_desc *,
		    enum msg_type, enum craft_fault);

static uint64_t	 state_ = 1;
static uint8_t	 filler[MSG_MAX];

static const char *const	fault_names[CRAFT_FAULT_MAX] = {
	"not its message", "cut", "a tail", "too long", "other kinds",
	"nested", "a false count", "huge", "a NUL", "out of range",
	"negative", "too few fields", "too many fields", "a descriptor",
	"descriptors", "no such type", "noise"
};

static const char *const	set_names[CRAFT_SET_MAX] = {
	"zero", "full", "likely", "dirty", "random"
};

const char *
craft_set_name(enum craft_set set)
{
	return (set_names[set]);
}

void
craft_seed(uint64_t seed)
{
	state_ = seed * 2654435761u + 88172645463325252u;
}

/* xorshift64: nothing here has to be unpredictable. */
static uint64_t
next(void)
{
	state_ ^= state_ << 13;
	state_ ^= state_ >> 7;
	state_ ^= state_ << 17;
	return (state_);
}

static void
put(struct craft *cr, const void *data, size_t len)
{
	if (len > sizeof(cr->cr_buf) - cr->cr_len)
		len = sizeof(cr->cr_buf) - cr->cr_len;
	memcpy(cr->cr_buf + cr->cr_len, data, len);
	cr->cr_len += len;
}

/* A msgpack head with a length of 32 bits. */
static void
put_head(struct craft *cr, uint8_t head, uint32_t n)
{
	uint8_t	b[5] = { head };

	n = htonl(n);
	memcpy(b + 1, &n, sizeof(n));
	put(cr, b, sizeof(b));
}

static void
put_type(struct craft *cr, uint64_t type)
{
	uint8_t	b[9] = { 0xcf };
	size_t	i;

	for (i = 0; i < 8; i++)
		b[1 + i] = (uint8_t)(type >> (56 - 8 * i));
	put(cr, b, sizeof(b));
}

static void
put_start(struct craft *cr, uint64_t type, size_t nfields)
{
	put_head(cr, 0xdd, (uint32_t)nfields + 1);
	put_type(cr, type);
}

/* Something that this kind is not. */
static void
put_wrong(struct craft *cr, enum msg_kind kind)
{
	switch (kind) {
	case MSG_KIND_U64:
		put(cr, "\xa1" "7", 2);		/* a string */
		break;
	case MSG_KIND_BOOL:
		put(cr, "\x01", 1);			/* a number */
		break;
	case MSG_KIND_STR:
		put(cr, "\xc4\x01x", 3);		/* bytes */
		break;
	case MSG_KIND_FIXED:
		put(cr, "\xcb\x7f\xf8\0\0\0\0\0\0", 9);	/* NaN */
		break;
	case MSG_KIND_BYTES:
		put(cr, "\x81\xc0\xc0", 3);		/* a map */
		break;
	case MSG_KIND_ADDR:
		put(cr, "\xc0", 1);			/* nil */
		break;
	}
}

static uint64_t
fill_u64(const struct msg_field *f, enum craft_set set)
{
	switch (set) {
	case CRAFT_FULL:
		return (f->max != 0 ? f->max : UINT64_MAX);
	case CRAFT_LIKELY:
		return (f->max != 0 ? 1 + next() % f->max : 1 + next() % 9);
	case CRAFT_DIRTY:
		return (f->max != 0 ? f->max / 2 : UINT64_MAX / 1000 + 1);
	case CRAFT_RANDOM:
		return (f->max != 0 ? next() % (f->max + 1u) :
		    next() >> next() % 64);
	default:
		return (0);
	}
}

static void
fill_str(const struct msg_field *f, char *s, enum craft_set set)
{
	static const char	 dirty[] = "\x1b[2J\n%s%n\r\t\"'\\,{}\xff\x7f";
	static const char *const likely[] = {
		"nosuchcall", "call-nosuchcall", "nowhere", "_signal",
		"0000:0000:0000:0000:0000:0000:0000:0000",
		"6871:1211:0e91:ecb3:09f6:6f51:d257:ccac",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""
	};
	size_t			 i, len;

	switch (set) {
	case CRAFT_FULL:
		memset(s, 'x', f->max - 1u);
		s[f->max - 1u] = '\0';
		break;
	case CRAFT_LIKELY:
		len = strlen(likely[i = next() % 8]);
		if (len < f->max)
			memcpy(s, likely[i], len + 1);
		break;
	case CRAFT_DIRTY:
		for (i = 0; i + 1 < f->max; i++)
			s[i] = dirty[i % (sizeof(dirty) - 1)];
		s[i] = '\0';
		break;
	case CRAFT_RANDOM:
		len = next() % f->max;
		for (i = 0; i < len; i++)
			s[i] = (char)(1 + next() % 255);
		s[i] = '\0';
		break;
	default:
		s[0] = '\0';
	}
}

static void
fill_addr(struct addr *a, enum craft_set set)
{
	static const char *const likely[] = {
		"127.0.0.1:9", "255.255.255.255:1", "[::1]:9", "[ff02::1]:1",
		"0.0.0.0:0", "[::]:65535"
	};

	memset(a, 0, sizeof(*a));
	switch (set) {
	case CRAFT_FULL:
		(void)addr_parse(a,
		    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
		break;
	case CRAFT_LIKELY:
	case CRAFT_DIRTY:
	case CRAFT_RANDOM:
		(void)addr_parse(a, likely[next() % 6]);
		break;
	default:
		break;
	}
}

static void
fill_field(const struct msg_field *f, uint8_t *p, enum craft_set set)
{
	struct msg_bytes	 bytes;
	struct addr		 addr;
	uint64_t		 v;
	size_t			 i;
	bool			 b;

	switch (f->kind) {
	case MSG_KIND_U64:
		v = fill_u64(f, set);
		memcpy(p, &v, sizeof(v));
		break;
	case MSG_KIND_BOOL:
		b = set == CRAFT_FULL || (set != CRAFT_ZERO &&
		    next() % 2 == 0);
		memcpy(p, &b, sizeof(b));
		break;
	case MSG_KIND_STR:
		fill_str(f, (char *)p, set);
		break;
	case MSG_KIND_FIXED:
		for (i = 0; i < f->max; i++)
			p[i] = set == CRAFT_ZERO ? 0 :
			    set == CRAFT_FULL ? 0xff : (uint8_t)next();
		break;
	case MSG_KIND_BYTES:
		for (i = 0; i < f->max && set >= CRAFT_LIKELY; i++)
			filler[i] = (uint8_t)next();
		bytes.data = filler;
		bytes.len = next() % (f->max + 1u);
		if (set == CRAFT_ZERO)
			bytes.len = 0;
		else if (set == CRAFT_FULL)
			bytes.len = f->max;
		memcpy(p, &bytes, sizeof(bytes));
		break;
	case MSG_KIND_ADDR:
		fill_addr(&addr, set);
		memcpy(p, &addr, sizeof(addr));
		break;
	}
}

bool
craft_good(struct craft *cr, enum msg_type type, enum craft_set set)
{
	const struct msg_desc	*d = msg_desc(type);
	union storage		 st;
	size_t			 i;
	int			 n;

	memset(&st, 0, sizeof(st));
	cr->cr_len = 0;
	cr->cr_nfds = 0;
	cr->cr_name = set_names[set];
	if (d == NULL || d->size > sizeof(st))
		return (false);
	for (i = 0; i < d->nfields; i++)
		fill_field(&d->fields[i], st.bytes + d->fields[i].offset, set);
	if ((n = msg_encode(cr->cr_buf, sizeof(cr->cr_buf), type,
	    st.bytes)) == -1)
		return (false);
	cr->cr_len = (size_t)n;
	cr->cr_nfds = d->carries_fd ? 1 : 0;
	return (true);
}

/* All fields as they should be but for the first to which it applies. */
static bool
one_field(struct craft *cr, const struct msg_desc *d, enum msg_type type,
    enum craft_fault fault)
{
	const struct msg_field	*f;
	uint8_t			 byte;
	size_t			 i;
	bool			 done = false;

	put_start(cr, type, d->nfields);
	for (i = 0; i < d->nfields; i++) {
		f = &d->fields[i];
		if (!done && fault == CRAFT_HUGE &&
		    (f->kind == MSG_KIND_STR || f->kind == MSG_KIND_FIXED ||
		    f->kind == MSG_KIND_BYTES || f->kind == MSG_KIND_ADDR)) {
			put_head(cr, f->kind == MSG_KIND_STR ? 0xdb : 0xc6,
			    HUGE_LEN);
			memset(filler, 'A', HUGE_LEN);
			put(cr, filler, HUGE_LEN);
			done = true;
		} else if (!done && fault == CRAFT_NUL &&
		    f->kind == MSG_KIND_STR) {
			put(cr, "\xa3" "a\0b", 4);
			done = true;
		} else if (!done && fault == CRAFT_RANGE &&
		    f->kind == MSG_KIND_U64 && f->max != 0) {
			put_type(cr, f->max + 1ull);
			done = true;
		} else if (!done && fault == CRAFT_NEGATIVE &&
		    f->kind == MSG_KIND_U64) {
			put(cr, "\xd3\xff\xff\xff\xff\xff\xff\xff\xff", 9);
			done = true;
		} else if (f->kind == MSG_KIND_U64)
			put(cr, "\x00", 1);
		else if (f->kind == MSG_KIND_BOOL)
			put(cr, "\xc2", 1);
		else if (f->kind == MSG_KIND_STR)
			put(cr, "\xa0", 1);
		else {
			byte = f->kind == MSG_KIND_FIXED ?
			    (uint8_t)f->max : 0;
			put(cr, "\xc4", 1);
			put(cr, &byte, 1);
			memset(filler, 0, byte);
			put(cr, filler, byte);
		}
	}
	return (done);
}

static bool
with_fault(struct craft *cr, const struct msg_desc *d, enum msg_type type,
    enum craft_fault fault)
{
	size_t	i;

	cr->cr_len = 0;
	cr->cr_nfds = d->carries_fd ? 1 : 0;
	switch (fault) {
	case CRAFT_CUT:
		if (!craft_good(cr, type, CRAFT_FULL))
			return (false);
		cr->cr_len = 1 + next() % (cr->cr_len - 1);
		return (true);
	case CRAFT_TAIL:
		if (!craft_good(cr, type, CRAFT_LIKELY))
			return (false);
		put(cr, "\xc0", 1);
		return (true);
	case CRAFT_LONG:
		if (!craft_good(cr, type, CRAFT_FULL))
			return (false);
		memset(filler, 0xc0, sizeof(filler));
		put(cr, filler, MSG_MAX + 1 - cr->cr_len);
		return (true);
	case CRAFT_KINDS:
		put_start(cr, type, d->nfields);
		for (i = 0; i < d->nfields; i++)
			put_wrong(cr, d->fields[i].kind);
		return (d->nfields > 0);
	case CRAFT_NEST:
		put_start(cr, type, d->nfields == 0 ? 1 : d->nfields);
		memset(filler, 0x91, DEPTH);
		put(cr, filler, DEPTH);
		put(cr, "\xc0", 1);
		return (true);
	case CRAFT_COUNT:
		put_head(cr, 0xdd, UINT32_MAX);
		put_type(cr, type);
		put_head(cr, 0xdb, UINT32_MAX);
		put(cr, "abc", 3);
		return (true);
	case CRAFT_FEW:
		put_head(cr, 0xdd, 1);
		put_type(cr, type);
		return (d->nfields > 0);
	case CRAFT_MANY:
		put_start(cr, type, d->nfields + 40);
		for (i = 0; i < d->nfields + 40; i++)
			put(cr, "\xc0", 1);
		return (true);
	case CRAFT_FD:
	case CRAFT_FDS:
		if (!craft_good(cr, type, CRAFT_LIKELY))
			return (false);
		cr->cr_nfds = fault == CRAFT_FDS ? 3 : d->carries_fd ? 0 : 1;
		return (true);
	case CRAFT_TYPE:
		put_start(cr, MSG_TYPE_MAX + (next() >> next() % 60), 0);
		return (true);
	case CRAFT_NOISE:
		for (i = 0; i < 40 + next() % 1000; i++)
			filler[i] = (uint8_t)next();
		/* Not an array, which even noise could begin with. */
		filler[0] = 0xc1;
		put(cr, filler, i);
		return (true);
	default:
		return (one_field(cr, d, type, fault));
	}
}

void
craft_bad(struct craft *cr, enum msg_type type, enum craft_fault fault,
    enum proc from, enum proc to, uint8_t state, bool data)
{
	const struct msg_desc	*d = msg_desc(type);

	if (fault == CRAFT_PLAIN && (msg_refuse(type, from, to, state,
	    data) == NULL || !craft_good(cr, type, CRAFT_LIKELY)))
		fault = CRAFT_CUT;
	if (fault != CRAFT_PLAIN && !with_fault(cr, d, type, fault)) {
		fault = CRAFT_MANY;
		(void)with_fault(cr, d, type, fault);
	}
	cr->cr_name = fault_names[fault];
}

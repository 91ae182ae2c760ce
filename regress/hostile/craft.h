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
 * Messages that no honest worker sends, made from the table of messages
 * itself: a new type is in here with its row there.
 */
#ifndef WZP_REGRESS_CRAFT_H
#define WZP_REGRESS_CRAFT_H

#include "common/ipc/messages.h"

#define CRAFT_MAX	(MSG_MAX + 4096)

struct craft {
	uint8_t		cr_buf[CRAFT_MAX];
	size_t		cr_len;
	unsigned int	cr_nfds;	/* descriptors that go with it */
	const char	*cr_name;	/* of what was done to it */
};

/* What may be done to a message. */
enum craft_fault {
	CRAFT_PLAIN,		/* nothing: a wrong type for the pair */
	CRAFT_CUT,
	CRAFT_TAIL,
	CRAFT_LONG,		/* longer than a packet may be */
	CRAFT_KINDS,		/* every field of another kind */
	CRAFT_NEST,
	CRAFT_COUNT,		/* announces what is not there */
	CRAFT_HUGE,
	CRAFT_NUL,
	CRAFT_RANGE,
	CRAFT_NEGATIVE,
	CRAFT_FEW,
	CRAFT_MANY,
	CRAFT_FD,
	CRAFT_FDS,
	CRAFT_TYPE,		/* a type that there is not */
	CRAFT_NOISE,
	CRAFT_FAULT_MAX
};

/* Values for a message that is right in form. */
enum craft_set {
	CRAFT_ZERO,
	CRAFT_FULL,		/* the most that is allowed */
	CRAFT_LIKELY,		/* names and numbers that look real */
	CRAFT_DIRTY,		/* control characters, formats */
	CRAFT_RANDOM,
	CRAFT_SET_MAX
};

/* The numbers that follow from it are the same on every machine. */
void	 craft_seed(uint64_t);
/* Right in form; false: this type cannot be encoded. */
bool	 craft_good(struct craft *, enum msg_type, enum craft_set);
/*
 * Wrong in form, or at least for a receiver that may not get it.  Where the
 * type has no field to which a fault applies, another one is taken, and
 * cr_name says which.
 */
void	 craft_bad(struct craft *, enum msg_type, enum craft_fault,
	    enum proc from, enum proc to, uint8_t state, bool data);
const char
	*craft_set_name(enum craft_set);

#endif /* WZP_REGRESS_CRAFT_H */

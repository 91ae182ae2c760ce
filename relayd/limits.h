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
 * The limits of the relay: one table with the name in relayd.conf(5), the
 * default and the reason for it.
 */
#ifndef WZP_RELAYD_LIMITS_H
#define WZP_RELAYD_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ipc/messages.h"

struct limit {
	const char	*li_name;
	bool		 li_is_time;	/* value in milliseconds */
	size_t		 li_offset;	/* uint64_t in struct msg_settings */
	uint64_t	 li_default;
	uint64_t	 li_min;
	uint64_t	 li_max;
	const char	*li_reason;
};

extern const struct limit	limits[];
extern const size_t		limits_count;

const struct limit	*limit_by_name(const char *);
void			 limits_default(struct msg_settings *);
uint64_t		 limit_get(const struct msg_settings *,
			    const struct limit *);
/* -1: outside of what the table allows. */
int			 limit_set(struct msg_settings *,
			    const struct limit *, uint64_t);

#endif /* WZP_RELAYD_LIMITS_H */

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
 * Who may enter the room of a direct call (wzp-protocol 6.13): signald
 * announces both fingerprints before it sends CallSetup, and takes the
 * announcement back when the call ends.  Who is inside then stays.
 */
#ifndef WZP_MEDIAD_ADMISSION_H
#define WZP_MEDIAD_ADMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ipc/messages.h"

struct admissions;

struct admissions	*admissions_new(size_t max);
void			 admissions_free(struct admissions *);
/*
 * Repeating an admission is fine.  -1: table full, not well-formed, or the
 * call_id is another two people's (gap 9).
 */
int			 admission_put(struct admissions *,
			    const struct msg_room_admit *);
void			 admission_close(struct admissions *,
			    const char *call_id);
/* proven: the connection showed the key of fp. */
bool			 admission_allows(const struct admissions *,
			    const char *call_id, const char *fp, bool proven);
/* Was that call announced at all? */
bool			 admission_knows(const struct admissions *,
			    const char *call_id);
size_t			 admission_count(const struct admissions *);
/* A new limit: nothing goes because of it. */
void			 admission_limit(struct admissions *, size_t max);
/*
 * signald was started anew and repeats what is still live; when it has said
 * all of it, the rest goes.  Until then the old ones hold, however long it
 * takes: it may have to wait for registryd.
 */
void			 admission_renew(struct admissions *);
void			 admission_settle(struct admissions *);

#endif /* WZP_MEDIAD_ADMISSION_H */

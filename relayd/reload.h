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

/* The configuration, read while the relay runs. */
#ifndef WZP_RELAYD_RELOAD_H
#define WZP_RELAYD_RELOAD_H

#include "relayd/process.h"

/*
 * What workers are told of a configuration; boot_id and room_key are of the
 * whole run.  -1: logged.
 */
int		 reload_settings(const struct supervisor *,
		    const struct config *, struct msg_settings *);
/*
 * Reads the file again and does what it says, or changes nothing and logs
 * why.  NULL, or that reason in short.
 */
const char	*reload_now(struct supervisor *);
/* The same as soon as all workers have served once (a signal came early). */
void		 reload_soon(struct supervisor *);
/* For a client: not more often than workers can follow. */
const char	*reload_asked(struct supervisor *);

#endif /* WZP_RELAYD_RELOAD_H */

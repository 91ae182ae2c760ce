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
 * The keys of address validation tokens (RFC 9000 8.1.3): a role issues
 * them, doord checks them, and both get the key from here, so that a token
 * survives a restart of either.  The keys of session tickets (RFC 8446 4.6.1)
 * beside them: a role makes and takes its own, so no other has them.
 */
#ifndef WZP_RELAYD_TOKENS_H
#define WZP_RELAYD_TOKENS_H

#include "common/ipc/messages.h"

#define TOKEN_ROLES		2
#define TICKET_ROLES		2
#define TOKEN_ROTATE_S		86400.

struct process;
struct supervisor;

struct token_keys {
	enum proc	tk_role;
	uint64_t	tk_generation;	/* of the newer key */
	uint8_t		tk_new[32];
	uint8_t		tk_old[32];	/* from generation 2 on */
};

/* Draws the first keys.  -1: no randomness, logged. */
int	tokens_init(struct supervisor *);
/* Begins the daily change; needs the loop. */
void	tokens_start(struct supervisor *);
/* A new key for one role; the one before stays good. */
int	tokens_rotate(struct token_keys *);
/* The keys that this worker has to know; -1: cannot be sent. */
int	tokens_send(struct process *);
/* The same for session tickets. */
int	tickets_send(struct process *);

#endif /* WZP_RELAYD_TOKENS_H */

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
 * The media of a call: the sound and the room at the relay (talk.h), the seal
 * from end to end, the direct connection, and which of the ways is used.  Of a
 * room it is the sound and the relay only.
 */
#ifndef WZP_CLIENT_VOICE_H
#define WZP_CLIENT_VOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/direct/direct.h"
#include "client/e2e/e2e.h"
#include "client/event.h"
#include "client/talk.h"

struct voice;

struct voice_ops {
	void	(*event)(void *, const struct client_event *);
	/* Sound flows for the first time. */
	void	(*begun)(void *);
	/* It is to be ended.  Nothing may be freed from within. */
	void	(*enough)(void *, bool error);
	/* The direct way is lost, or closed by the other. */
	void	(*parted)(void *);
	/* What the other said on the direct connection. */
	void	(*told)(void *, const struct signal *);
	/* To the relay, about the call; -1: not registered just now. */
	int	(*signal)(void *, const struct signal *);
	/* Beside QUIC. */
	void	(*check)(void *, unsigned int listener,
		    const struct addr *remote, const uint8_t *, size_t);
};

struct voice_config {
	struct talk_config	 vo_talk;	/* tc_ops, tc_arg: not set */
	bool			 vo_any_length;	/* of frames */
	const struct voice_ops *vo_ops;
	void			*vo_arg;
};

/* What CallSetup begins. */
struct voice_call {
	const struct sig_call_setup	*sc_setup;
	struct addr			 sc_relay;	/* of the room */
	struct e2e			*sc_e2e;	/* ready, or NULL */
	bool				 sc_caller;
	/* Both of us may tell each other addresses, and these are ours. */
	bool				 sc_open;
	const struct direct_own		*sc_own;
};

struct voice	*voice_new(const struct voice_config *);
void		 voice_free(struct voice *);
/* The sound and the room; hush and look through this. */
struct talk	*voice_talk(const struct voice *);
void		 voice_room(struct voice *, const char *room,
		    const struct addr *relay);
void		 voice_call(struct voice *, const struct voice_call *);
/* Over: reports the end, closes all. */
void		 voice_leave(struct voice *);
/* CallCandidates, CallPunch, MediaPathReport. */
void		 voice_signal(struct voice *, const struct signal *);
/* A packet for which check_is() holds. */
void		 voice_check(struct voice *, unsigned int listener,
		    const struct addr *local, const struct addr *remote,
		    const uint8_t *, size_t);
/* ops->accept of the endpoint. */
bool		 voice_accept(struct voice *, struct quic_conn *,
		    const char *name);
/* Says it to the other directly, too, if there is a way. */
void		 voice_tell(struct voice *, const struct signal *);
/* Sound goes directly. */
bool		 voice_direct(const struct voice *);
/* All addresses of this host, before voice_own(). */
void		 voice_hosts(struct voice *, const struct addr *, size_t n);
void		 voice_own(struct voice *, const struct direct_own *);
void		 voice_expire(struct voice *);
uint64_t	 voice_expiry(const struct voice *);

#endif /* WZP_CLIENT_VOICE_H */

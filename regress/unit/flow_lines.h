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

/* The lines of call scenarios (flow_world.h): signals, and steps in one. */
#ifndef WZP_REGRESS_FLOW_LINES_H
#define WZP_REGRESS_FLOW_LINES_H

#define OFFER_X(id, from, to, pub, more)				\
	"{\"DirectCallOffer\":{\"caller_fingerprint\":\"" from "\","	\
	"\"caller_alias\":null,\"target_fingerprint\":\"" to "\","	\
	"\"call_id\":\"" id "\",\"identity_pub\":" pub ","		\
	"\"ephemeral_pub\":$0,\"signature\":[],"			\
	"\"supported_profiles\":[$P]" more "}}"
#define OFFER(id, from, to)	OFFER_X(id, from, to, "$0", "")
#define ANSWER_X(id, mode, more)					\
	"{\"DirectCallAnswer\":{\"call_id\":\"" id "\",\"accept_mode\":\"" \
	mode "\",\"chosen_profile\":$P" more "}}"
#define ANSWER(id, mode)	ANSWER_X(id, mode, "")
#define RINGING(id)	"{\"CallRinging\":{\"call_id\":\"" id "\"}}"
#define SETUP_X(id, more)						\
	"{\"CallSetup\":{\"call_id\":\"" id "\",\"room\":\"call-" id "\"," \
	"\"relay_addr\":\"192.0.2.1:4433\"" more "}}"
#define SETUP(id)	SETUP_X(id, "")
#define HANGUP(reason)	"{\"Hangup\":{\"reason\":\"" reason "\"}}"
#define HANGUP_ID(reason, id)						\
	"{\"Hangup\":{\"reason\":\"" reason "\",\"call_id\":\"" id "\"}}"
#define REPORT(id)							\
	"{\"MediaPathReport\":{\"call_id\":\"" id "\",\"direct_ok\":true," \
	"\"race_winner\":\"Direct\"}}"

#define REPORT_NO(id)							\
	"{\"MediaPathReport\":{\"call_id\":\"" id "\",\"direct_ok\":false," \
	"\"race_winner\":\"Relay\"}}"
#define CANDIDATES(id, gen, list, end)					\
	"{\"CallCandidates\":{\"call_id\":\"" id "\",\"generation\":" gen \
	",\"candidates\":[" list "],\"end\":" end "}}"
#define FOUND(id)	CANDIDATES(id, "0", "\"10.0.0.9:5000\"", "true")

#define ONLINE		"reg A", "reg B"
/* Offer c1 from A to B, up to ringing. */
#define RING_C1								\
	"in A " OFFER("c1", "$A", "$B"),				\
	"= record c1 pending",						\
	"commit",							\
	"= B " OFFER("c1", "$A", "$B"),					\
	"= A " RINGING("c1"),						\
	"= record c1 ringing",						\
	"commit"
/* And up to CallSetup. */
#define CALL_C1								\
	RING_C1,							\
	"in B " ANSWER("c1", "AcceptGeneric"),				\
	"= admit c1 A B",						\
	"= record c1 active",						\
	"admitted c1",							\
	"commit",							\
	"= A " ANSWER("c1", "AcceptGeneric"),				\
	"= A " SETUP("c1"),						\
	"= B " SETUP("c1")

/* The same in a world whose lines name the slots. */
#define CALL_AT(id, slot)						\
	"in A " OFFER(id, "$A", "$B"),					\
	"= record " id " pending",					\
	"commit",							\
	"= B " OFFER(id, "$A", "$B"),					\
	"= A " RINGING(id),						\
	"= record " id " ringing",					\
	"commit",							\
	"in B " ANSWER(id, "AcceptGeneric"),				\
	"= admit " id " A B @" #slot,					\
	"= record " id " active",					\
	"admits " #slot " " id,						\
	"commit",							\
	"= A " ANSWER(id, "AcceptGeneric"),				\
	"= A " SETUP(id),						\
	"= B " SETUP(id)

/*
 * Calls across relays: R is a neighbour of ours, S one behind it, X and Y are
 * originals.  What comes from an original is written out as it writes it.
 */
#define FEDERATED	"federd up", "link R up"
#define ORIGINALS	"federd up", "link X up legacy", "link Y up legacy"
/* Alice is here, Bob at S: offer c1 up to the far relay, and to ringing. */
#define ASK_C1								\
	"in A " OFFER("c1", "$A", "$B"),				\
	"= record c1 pending",						\
	"commit",							\
	"= find B",							\
	"found RS",							\
	"= far RS " OFFER("c1", "$A", "$B"),				\
	"= record c1 pending",						\
	"commit"
#define FAR_RING_C1							\
	ASK_C1,								\
	"far RS " RINGING("c1"),					\
	"= A " RINGING("c1"),						\
	"= record c1 ringing",						\
	"commit"
#define FAR_CALL_C1							\
	FAR_RING_C1,							\
	"far RS " ANSWER("c1", "AcceptGeneric"),			\
	"= media c1 RS on",						\
	"= admit c1 A B",						\
	"= record c1 active",						\
	"admitted c1",							\
	"commit",							\
	"= A " ANSWER("c1", "AcceptGeneric"),				\
	"= A " SETUP("c1")
/* Bob is here, Alice at S. */
#define ASKED_C1							\
	"far RS " OFFER("c1", "$A", "$B"),				\
	"= record c1 pending",						\
	"commit",							\
	"= B " OFFER("c1", "$A", "$B"),					\
	"= far RS " RINGING("c1"),					\
	"= record c1 ringing",						\
	"commit"
#define ASKED_CALL_C1							\
	ASKED_C1,							\
	"in B " ANSWER("c1", "AcceptGeneric"),				\
	"= media c1 RS on",						\
	"= admit c1 A B",						\
	"= record c1 active",						\
	"admitted c1",							\
	"commit",							\
	"= far RS " ANSWER("c1", "AcceptGeneric"),			\
	"= B " SETUP("c1")

/* Only originals may have Bob. */
#define MAYBE_C1							\
	"in A " OFFER("c1", "$A", "$B"),				\
	"= record c1 pending", "commit", "= find B",			\
	"maybe",							\
	"= far! * " OFFER("c1", "$A", "$B"),				\
	"= A " RINGING("c1"), "= record c1 ringing", "commit"

#endif /* WZP_REGRESS_FLOW_LINES_H */

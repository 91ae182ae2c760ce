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
 * The numbers of wzp-protocol 1.1-1.3 that an original peer announces or
 * relies on: what QUIC is set up with on both sides.
 */
#ifndef WZP_QUIC_PARAMS_H
#define WZP_QUIC_PARAMS_H

#define QUIC_ALPN			"wzp"

#define QUIC_IDLE_MS			30000	/* max_idle_timeout */
#define QUIC_KEEPALIVE_MS		5000
#define QUIC_INITIAL_RTT_MS		300
/*
 * A round trip known from before is not believed to be shorter than this: the
 * first packets need a signature (three times this is the first timeout).
 */
#define QUIC_PAST_RTT_MIN_MS		100

#define QUIC_INITIAL_MTU		1200
#define QUIC_MTU_MAX			1452	/* PMTUD goes no higher */

#define QUIC_WINDOW			262144	/* initial_max_data */
#define QUIC_STREAM_WINDOW		65536	/* of each kind */
#define QUIC_STREAMS_BIDI		100	/* concurrent, replenished */
#define QUIC_STREAMS_UNI		100
#define QUIC_SEND_WINDOW		131072	/* unacknowledged stream data */
#define QUIC_DATAGRAM_FRAME_MAX		65535	/* max_datagram_frame_size */
#define QUIC_DATAGRAM_BUFFER		65536	/* an original's, receiving */

/* RFC 9000 20.1 */
#define QUIC_CONNECTION_REFUSED		0x02

/* SNIs that are no rooms (1.3).  No SNI at all gives QUIC_SNI_DEFAULT. */
#define QUIC_SNI_PING			"ping"
#define QUIC_SNI_VERSION		"version"
#define QUIC_SNI_PROBE			"_probe"
#define QUIC_SNI_FEDERATION		"_federation"
#define QUIC_SNI_SIGNAL			"_signal"
#define QUIC_SNI_RELAY			"_relay"
#define QUIC_SNI_DEFAULT		"default"

/* TLS exporter of the proof of possession (doc/PROTOCOL). */
#define QUIC_PROOF_LABEL		"EXPORTER-wzp-proof"

/* Prefix of the room of a direct call; behind it the call_id. */
#define QUIC_CALL_ROOM_PREFIX		"call-"

#endif /* WZP_QUIC_PARAMS_H */

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
 * The relay's identity file: a seed of 32 bytes in 64 hexadecimal digits
 * (wzp-protocol 4.3), mode 0600.
 */
#ifndef WZP_RELAYD_IDENTITY_H
#define WZP_RELAYD_IDENTITY_H

#include <stdint.h>

/*
 * Reads the seed; a missing file is made with a new one.  A damaged file or
 * one that others can read or write is refused and never replaced.  -1: it
 * was logged what to do.  The caller wipes seed.
 */
int	identity_load(const char *path, uint8_t seed[32]);
/* The hash of the certificate of that seed (wzp-protocol 1.5).  -1: logged. */
int	identity_hash(const uint8_t seed[32], uint8_t hash[32]);

#endif /* WZP_RELAYD_IDENTITY_H */

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
 * Who may talk to whom.  relayd makes exactly these channels, besides its
 * own to each worker; no other pair can exchange a byte.
 */
#ifndef WZP_IPC_MESH_H
#define WZP_IPC_MESH_H

#include "common/ipc/messages.h"

/*
 * The roles of workers, in order of rank; which of them run, and how often,
 * is relayd's configuration.
 */
const enum proc		*mesh_workers(size_t *n);
/* May these two have a channel (of that kind)?  relayd with every worker. */
bool			 mesh_allows(enum proc, enum proc, bool data);

#endif /* WZP_IPC_MESH_H */
